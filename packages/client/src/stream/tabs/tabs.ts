/** Tabs with different numbers are kept apart. Increase it when an older page would misread new messages. */
const format = 2;

export interface TabLockOptions {
  /** Aborts waiting for the lock. */
  signal?: AbortSignal;
  /** Takes the lock away from its holder. */
  steal?: boolean;
}

export interface TabChannel {
  /** Sends to all other tabs. */
  post(message: unknown): void;
  close(): void;
}

/** What the tabs of one app in a browser share. */
export interface Tabs {
  /**
   * Calls `held` when this tab gets the lock of that name, and keeps the lock until the returned promise resolves.
   * Rejects with an `AbortError` if the wait was aborted or the lock was taken away, and with another error if there
   * are no locks.
   */
  requestLock(name: string, options: TabLockOptions, held: () => Promise<void>): Promise<void>;
  openChannel(name: string, receive: (message: unknown) => void): TabChannel;
}

/**
 * The tabs that show the app at `url`, using Web Locks and BroadcastChannel. Undefined if these are missing, as in an
 * insecure context. Each tab then has its own stream.
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
