"use client";

import { useSearchParams } from "next/navigation";

/** The item that the page's query names (null: none), and a function that names another one there. */
export function useChosen(parameter: string): readonly [named: string | null, choose: (key: string | null) => void] {
  const named = useSearchParams().get(parameter);
  const choose = (key: string | null) => {
    if (key === named) return;
    showAddress(key === null ? window.location.pathname : hrefOf(parameter, key));
  };
  return [named, choose];
}

export const hrefOf = (parameter: string, key: string) => `?${parameter}=${encodeURIComponent(key)}`;

/**
 * Adds an address of this page to the history. It is done by script, so that Next keeps its own state of the entry: going
 * back to an entry without one shows nothing.
 */
export function showAddress(href: string): void {
  window.history.pushState(null, "", href);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}
