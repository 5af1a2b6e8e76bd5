/** Random choices that are the same in every run with the same seed, so that failures can be reproduced. */
export interface SeededRandom {
  /** From 0 to below 1, like `Math.random`. */
  next(): number;
  /** A whole number from 0 to below `end`. */
  below(end: number): number;
  /** One item of the list. Throws if it is empty. */
  pick<T>(list: readonly T[]): T;
}

/** The mulberry32 generator: 32 bits of state, fast, and good enough for choices. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  return {
    next,
    below,
    pick: (list) => {
      const index = below(list.length);
      if (!(index in list)) throw new Error("There is nothing to pick from");
      return list[index] as (typeof list)[number];
    },
  };
}
