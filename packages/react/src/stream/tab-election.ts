import type { TabLockOptions, Tabs } from "./tabs.js";

export interface ElectionOptions {
  tabs: Tabs;
  userKey: string;
  /** This tab leads from now on. */
  elected(): void;
  /** It does not lead any more, because another tab has taken over. */
  deposed(): void;
}

/** Which of a user's tabs leads: the one that holds the lock. The browser hands it on when a tab is closed or crashes. */
export class TabElection {
  readonly #options: ElectionOptions;
  /** Ends the waiting for the lock, or lets it go. */
  #round = new AbortController();

  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  /** Stands for election, until {@link leave}. */
  stand(): void {
    this.#request({});
  }

  /** Leads at once, whoever led before. */
  takeOver(): void {
    this.#request({ steal: true });
  }

  leave(): void {
    this.#round.abort();
  }

  #request({ steal }: Pick<TabLockOptions, "steal">): void {
    this.#round.abort();
    const round = new AbortController();
    this.#round = round;
    const { signal } = round;
    const { tabs, userKey, elected, deposed } = this.#options;
    const over = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    let leads = false;
    const lead = () => {
      if (!signal.aborted) {
        leads = true;
        elected();
      }
      return over;
    };
    // The browser refuses a request that steals and could be aborted.
    tabs.requestLock(userKey, steal ? { steal } : { signal }, lead).catch(() => {
      if (signal.aborted) return;
      if (leads) {
        deposed();
        this.#request({});
      } else {
        // This browser has locks, but not for this page: it is on its own.
        elected();
      }
    });
  }
}
