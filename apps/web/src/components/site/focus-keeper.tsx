"use client";

import { useEffect } from "react";

/**
 * Keeps the keyboard focus near where the user was. Buttons appear and disappear with the state of their connection,
 * often because they were pressed, and the browser would then start again at the top of the page. Instead, the nearest
 * enclosing element that scripts may focus gets it: the card, or the content of the page.
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
    // The element is still there, so the user left it on purpose.
    if (isShown(element)) return;
    const place = around.find(isShown) ?? document.querySelector<HTMLElement>("main");
    place?.focus({ preventScroll: true });
  };
  // Wait, because other code may know better: a closing dialog puts the focus back on its own.
  const settleSoon = () => {
    if (last && document.activeElement === document.body) timer ??= setTimeout(settle);
  };

  const changes = new MutationObserver(settleSoon);
  changes.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("focusin", remember);
  // An element that is hidden loses the focus without being removed.
  const settleLater = () => setTimeout(settleSoon);
  document.addEventListener("focusout", settleLater);
  return () => {
    clearTimeout(timer);
    changes.disconnect();
    document.removeEventListener("focusin", remember);
    document.removeEventListener("focusout", settleLater);
  };
}

/** The elements around an element that scripts may focus, nearest first. */
function placesAround(element: Element): HTMLElement[] {
  const found: HTMLElement[] = [];
  for (let place = element.closest<HTMLElement>(places); place; ) {
    found.push(place);
    place = place.parentElement?.closest<HTMLElement>(places) ?? null;
  }
  return found;
}

const isShown = (element: Element) => element.isConnected && element.checkVisibility();
