"use client";

import { useSearchParams } from "next/navigation";

/** The item that the page's query names (null: none), and a function that names another one there. */
export function useChosen(parameter: string): readonly [named: string | null, choose: (key: string | null) => void] {
  const named = useSearchParams().get(parameter);
  const choose = (key: string | null) => {
    if (key === named) return;
    window.history.pushState(null, "", key === null ? window.location.pathname : hrefOf(parameter, key));
  };
  return [named, choose];
}

export const hrefOf = (parameter: string, key: string) => `?${parameter}=${encodeURIComponent(key)}`;
