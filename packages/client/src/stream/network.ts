/** What the browser knows about its network. Coming online triggers a retry; being offline never prevents one. */
export interface Network {
  online(): boolean;
  /** Calls the listener at every change, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

export const browserNetwork: Network = {
  // Undefined in Node.js.
  online: () => globalThis.navigator?.onLine !== false,
  subscribe(listener) {
    const controller = new AbortController();
    for (const change of ["online", "offline"])
      globalThis.addEventListener?.(change, listener, { signal: controller.signal });
    return () => controller.abort();
  },
};
