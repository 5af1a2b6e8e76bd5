"use client";

import { useSyncExternalStore } from "react";
import { showAddress } from "../bench/use-chosen";
import { wellFormed } from "../offers/well-formed";

/** What of a server's resources is shown: one of them, or one of its templates. */
export interface ChosenResource {
  kind: "resource" | "template";
  /** Its URI or URI template. */
  uri: string;
}

/**
 * The resource that the page's fragment names, and a function that names another one there. A fragment makes a link that
 * works, and stays in the browser: URIs are often private, and addresses end up in logs.
 */
export function useChosenResource() {
  const fragment = useSyncExternalStore(
    subscribe,
    () => window.location.hash,
    () => "",
  );
  return { chosen: parseFragment(fragment), choose };
}

export const fragmentOf = ({ kind, uri }: ChosenResource) => `#${kind}=${encodeURIComponent(wellFormed(uri))}`;

export function parseFragment(fragment: string): ChosenResource | null {
  const [, kind, encoded = ""] = /^#(resource|template)=(.+)$/s.exec(fragment) ?? [];
  if (kind === undefined) return null;
  try {
    return { kind: kind as ChosenResource["kind"], uri: decodeURIComponent(encoded) };
  } catch {
    return null;
  }
}

function choose(next: ChosenResource | null): void {
  const { hash, pathname } = window.location;
  const href = next ? fragmentOf(next) : pathname;
  if (next && hash === href) return;
  showAddress(href);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}
