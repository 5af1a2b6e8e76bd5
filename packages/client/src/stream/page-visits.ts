export interface PageListeners {
  /** The page is visible or focused again. */
  seen(): void;
  /** The page is left, perhaps into the browser's back-forward cache. */
  left(): void;
  /** The page is restored from the back-forward cache. */
  restored(): void;
}

/** Reports when the page is seen, left and restored. */
export interface PageVisits {
  /** Calls the listeners until the returned function is called. */
  subscribe(listeners: PageListeners): () => void;
}

export const browserPageVisits: PageVisits = {
  subscribe({ seen, left, restored }) {
    const controller = new AbortController();
    const { signal } = controller;
    const seenIfVisible = () => {
      if (document.visibilityState === "visible") seen();
    };
    document.addEventListener("visibilitychange", seenIfVisible, { signal });
    window.addEventListener("focus", seen, { signal });
    window.addEventListener("pagehide", left, { signal });
    window.addEventListener("pageshow", ({ persisted }) => persisted && restored(), { signal });
    return () => controller.abort();
  },
};
