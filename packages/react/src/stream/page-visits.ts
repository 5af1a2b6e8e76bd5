export interface PageListeners {
  /** Somebody looks at the page again. */
  seen(): void;
  /** The page goes away, perhaps into the browser's back-forward cache. */
  left(): void;
  /** The page is back from there as it was. */
  restored(): void;
}

/** Whether the page is there, and looked at. */
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
