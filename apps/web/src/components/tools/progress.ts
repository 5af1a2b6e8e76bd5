/** How far a call has come, as its server says (MCP, progress). */
export interface Progress {
  progress: number;
  total?: number | undefined;
  message?: string | undefined;
}

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** `Copying files, 3 of 8`; `3`, if the total is not known. */
export function progressText({ progress, total, message }: Progress): string {
  const count = total === undefined ? number.format(progress) : `${number.format(progress)} of ${number.format(total)}`;
  return message ? `${message}, ${count}` : count;
}

/** How long (ms) a screen reader hears nothing of a call's progress after it has heard some. */
const quietMs = 10_000;

/** Returns whether progress is to be announced now: the first, and then now and then, so that there is silence between. */
export function announcesNow(now: () => number): () => boolean {
  let before = Number.NEGATIVE_INFINITY;
  return () => {
    if (now() - before < quietMs) return false;
    before = now();
    return true;
  };
}
