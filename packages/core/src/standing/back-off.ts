/** The first and the longest pause (ms) after a stream has broken, and after a server has sent too much. */
const pauses = { broken: [1_000, 300_000], flood: [60_000, 3_600_000] } as const;

/** How long (ms) to wait after so many failures in a row: between half and all of a time that doubles. */
export function backOffMs(why: keyof typeof pauses, failures: number, random: () => number = Math.random): number {
  const [first, longest] = pauses[why];
  return Math.min(first * 2 ** Math.max(failures - 1, 0), longest) * (0.5 + random() / 2);
}
