/** What the browser knows of its network. Its word is taken for a reason to try at once, never for a reason not to. */
export interface Network {
  online(): boolean;
  /** Calls the listener when that changes, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

export const browserNetwork: Network = {
  online: () => navigator.onLine,
  subscribe(listener) {
    const controller = new AbortController();
    window.addEventListener("online", listener, { signal: controller.signal });
    window.addEventListener("offline", listener, { signal: controller.signal });
    return () => controller.abort();
  },
};
