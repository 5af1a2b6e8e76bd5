/** What the browser knows about its network. Coming online triggers a retry; being offline never prevents one. */
export interface Network {
  online(): boolean;
  /** Calls the listener at every change, until the returned function is called. */
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
