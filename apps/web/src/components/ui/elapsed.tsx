"use client";

import { useTicker } from "./use-ticker";

/** For how long something goes on, such as `Running`. `since`: when it began, by `performance.now()`. */
export function Elapsed({ doing, since }: { doing: string; since: number }) {
  useTicker();
  return (
    <span role="timer" aria-label={`${doing} for`} className="text-sm text-muted tabular-nums">
      {doing}… {Math.floor((performance.now() - since) / 1_000)} s
    </span>
  );
}
