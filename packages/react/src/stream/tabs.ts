/** Tabs with another number do not meet: it grows when the messages change so that an older page misreads them. */
const format = 1;

export interface TabLockOptions {
  /** Ends the waiting. */
  signal?: AbortSignal;
  /** Takes the lock from whoever holds it. */
  steal?: boolean;
}

export interface TabChannel {
  /** To all other tabs. */
  post(message: unknown): void;
  close(): void;
}

/** What a browser's tabs of one app have in common. */
export interface Tabs {
  /**
   * Calls `held` when the lock of that name is this tab's, and keeps it until the answered promise resolves. Rejects with an
   * `AbortError` when the waiting was ended or the lock was taken away, with another error where there are no locks.
   */
  requestLock(name: string, options: TabLockOptions, held: () => Promise<void>): Promise<void>;
  openChannel(name: string, receive: (message: unknown) => void): TabChannel;
}

/**
 * The tabs that show the app at `url`, by Web Locks and BroadcastChannel. Undefined where these are missing, as in an
 * insecure context: each tab is on its own then.
 */
export function browserTabs(url: string): Tabs | undefined {
  if (typeof BroadcastChannel === "undefined" || !globalThis.navigator?.locks) return undefined;
  const fullName = (name: string) => `mcp-events:${format}:${new URL(url, location.href).href}:${name}`;
  return {
    requestLock: (name, options, held) => navigator.locks.request(fullName(name), options, held),
    openChannel(name, receive) {
      const channel = new BroadcastChannel(fullName(name));
      channel.onmessage = ({ data }) => receive(data);
      return { post: (message) => channel.postMessage(message), close: () => channel.close() };
    },
  };
}
