import type { TabLockOptions, Tabs } from "./tabs.js";

export interface ElectionOptions {
  tabs: Tabs;
  userKey: string;
  /** This tab leads from now on. */
  elected(): void;
  /** This tab no longer leads, because another tab has taken over. */
  deposed(): void;
}

/** Elects one of a user's tabs: the one that holds the lock. The browser passes the lock on when that tab goes away. */
export class TabElection {
  readonly #options: ElectionOptions;
  /** Aborts waiting for the lock, or releases it. */
  #round = new AbortController();

  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  /** Stands for election until {@link leave}. */
  stand(): void {
    this.#request({});
  }

  /** Leads at once, even if another tab leads now. */
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
    // The browser refuses a request that has both `steal` and a signal.
    tabs.requestLock(userKey, steal ? { steal } : { signal }, lead).catch(() => {
      if (signal.aborted) return;
      if (leads) {
        deposed();
        this.#request({});
      } else {
        // The browser has locks but refuses them to this page, so the tab leads itself.
        elected();
      }
    });
  }
}
