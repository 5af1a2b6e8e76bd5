"use client";

import { useEffect } from "react";

/**
 * Keeps the focus where its user is. Buttons come and go with the state of their connection, often because they were
 * pressed; a browser then begins again at the top of the page. Instead the nearest place around the lost one that takes
 * the focus from scripts gets it: the card, or the content of the page.
 */
export function FocusKeeper() {
  useEffect(keepFocus, []);
  return null;
}

const places = '[tabindex="-1"]';

function keepFocus(): () => void {
  let last: { element: Element; around: readonly HTMLElement[] } | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const remember = ({ target }: FocusEvent) => {
    if (target instanceof Element) last = { element: target, around: placesAround(target) };
  };
  const settle = () => {
    timer = undefined;
    if (!last || document.activeElement !== document.body) return;
    const { element, around } = last;
    last = undefined;
    // Whoever has left an element that is still there wanted to.
    if (isShown(element)) return;
    const place = around.find(isShown) ?? document.querySelector<HTMLElement>("main");
    place?.focus({ preventScroll: true });
  };
  // Later, because others know better: a dialog that closes puts the focus back by itself.
  const settleSoon = () => {
    if (last && document.activeElement === document.body) timer ??= setTimeout(settle);
  };

  const changes = new MutationObserver(settleSoon);
  changes.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("focusin", remember);
  // What is hidden loses the focus without being removed.
  const settleLater = () => setTimeout(settleSoon);
  document.addEventListener("focusout", settleLater);
  return () => {
    clearTimeout(timer);
    changes.disconnect();
    document.removeEventListener("focusin", remember);
    document.removeEventListener("focusout", settleLater);
  };
}

/** The places around an element that scripts may focus, nearest first. */
function placesAround(element: Element): HTMLElement[] {
  const found: HTMLElement[] = [];
  for (let place = element.closest<HTMLElement>(places); place; ) {
    found.push(place);
    place = place.parentElement?.closest<HTMLElement>(places) ?? null;
  }
  return found;
}

const isShown = (element: Element) => element.isConnected && element.checkVisibility();
