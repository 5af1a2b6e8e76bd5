"use client";

import { createContext, type ReactNode, use, useCallback, useEffect, useRef, useState } from "react";

type Urgency = "polite" | "assertive";
type Announce = (text: string, urgency?: Urgency) => void;

const AnnouncerContext = createContext<Announce>(() => undefined);

/** How long (ms) messages are collected before they are read: connecting passes through four states in a moment. */
const gatherMs = 500;

/** How long (ms) a message stays readable. After that it may no longer be true. */
const stayMs = 10_000;

interface Spoken {
  /** Grows with every message, so that a repeated text is a new element: screen readers skip unchanged text. */
  count: number;
  polite: string;
  assertive: string;
}

/**
 * The page's two live regions. They exist from the start, because screen readers miss regions that are added later. An
 * urgent message is not repeated politely.
 */
export function Announcer({ children }: { children: ReactNode }) {
  const [spoken, setSpoken] = useState<Spoken>({ count: 0, polite: "", assertive: "" });
  const gathered = useRef(new Map<string, Urgency>());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const announce = useCallback<Announce>((text, urgency = "polite") => {
    if (gathered.current.get(text) !== "assertive") gathered.current.set(text, urgency);
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      const all = [...gathered.current];
      const textOf = (wanted: Urgency) => all.flatMap(([text, how]) => (how === wanted ? text : [])).join(". ");
      gathered.current.clear();
      setSpoken(({ count }) => ({ count: count + 1, polite: textOf("polite"), assertive: textOf("assertive") }));
    }, gatherMs);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);

  const { count, polite, assertive } = spoken;
  useEffect(() => {
    if (count === 0) return;
    const silence = setTimeout(() => setSpoken({ count, polite: "", assertive: "" }), stayMs);
    return () => clearTimeout(silence);
  }, [count]);

  return (
    <AnnouncerContext value={announce}>
      {children}
      <div role="status" className="sr-only">
        {polite && <p key={count}>{polite}</p>}
      </div>
      <div role="alert" className="sr-only">
        {assertive && <p key={count}>{assertive}</p>}
      </div>
    </AnnouncerContext>
  );
}

/** Announces a text to screen readers. */
export function useAnnounce(): Announce {
  return use(AnnouncerContext);
}
