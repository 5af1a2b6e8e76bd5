import type { TabChannel, TabLockOptions, Tabs } from "./tabs.js";

interface LockRequest {
  tab: TestTab;
  grant(): void;
  refuse(): void;
}

/** A browser's locks and channels for tabs in one process: Node has BroadcastChannel, but no Web Locks. */
export class TestTabs {
  readonly #scope = crypto.randomUUID();
  /** The queue of each lock: its holder, then the waiting requests. */
  readonly #locks = new Map<string, LockRequest[]>();

  open(): TestTab {
    return new TestTab(this);
  }

  fullName(name: string): string {
    return `${this.#scope}:${name}`;
  }

  request(tab: TestTab, name: string, { signal, steal }: TabLockOptions, held: () => Promise<void>): Promise<void> {
    const queue = this.#locks.get(name) ?? [];
    this.#locks.set(name, queue);
    return new Promise((resolve, reject) => {
      let granted = false;
      const request: LockRequest = {
        tab,
        grant: () => {
          if (granted) return;
          granted = true;
          void held().then(() => {
            this.#remove(queue, request);
            resolve();
          });
        },
        refuse: () => {
          this.#remove(queue, request);
          reject(new DOMException("Aborted", "AbortError"));
        },
      };
      signal?.addEventListener("abort", () => {
        if (!granted) request.refuse();
      });
      if (steal) queue.splice(0, 1, request).forEach((stolen) => void stolen.refuse());
      else queue.push(request);
      // Like a browser, never grant it within the call.
      setTimeout(() => queue[0]?.grant());
    });
  }

  /** Passes a tab's locks on, as when it crashes. */
  release(tab: TestTab): void {
    for (const queue of this.#locks.values()) {
      for (const request of queue.filter((each) => each.tab === tab)) this.#remove(queue, request);
    }
  }

  #remove(queue: LockRequest[], request: LockRequest): void {
    const index = queue.indexOf(request);
    if (index < 0) return;
    queue.splice(index, 1);
    setTimeout(() => queue[0]?.grant());
  }
}

export class TestTab implements Tabs {
  readonly #tabs: TestTabs;
  readonly #channels = new Set<BroadcastChannel>();

  constructor(tabs: TestTabs) {
    this.#tabs = tabs;
  }

  requestLock(name: string, options: TabLockOptions, held: () => Promise<void>): Promise<void> {
    return this.#tabs.request(this, name, options, held);
  }

  openChannel(name: string, receive: (message: unknown) => void): TabChannel {
    const channel = new BroadcastChannel(this.#tabs.fullName(name));
    this.#channels.add(channel);
    channel.onmessage = (event) => receive((event as MessageEvent).data);
    return {
      post: (message) => {
        if (this.#channels.has(channel)) channel.postMessage(message);
      },
      close: () => {
        this.#channels.delete(channel);
        channel.close();
      },
    };
  }

  /** The tab receives and sends nothing from now on, and keeps its locks. */
  hang(): void {
    for (const channel of this.#channels) channel.close();
    this.#channels.clear();
  }

  crash(): void {
    this.hang();
    this.#tabs.release(this);
  }
}
