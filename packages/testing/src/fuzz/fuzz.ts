import fc from "fast-check";

export interface FuzzSizes {
  /** Of each property. */
  runs: number;
  /** A new one each time when absent; a failure prints it. */
  seed?: number;
  /** ms for each property */
  timeLimit: number;
}

export const shortFuzz: FuzzSizes = { runs: 2_000, seed: 1, timeLimit: 60_000 };
/** 100,000 and more for each scenario. */
export const longFuzz: FuzzSizes = { runs: 15_000, timeLimit: 580_000 };

/**
 * Rejects unless a check passes for so many values, with the seed and the smallest value that it fails for; or when
 * something has been written meanwhile to what every object inherits from.
 */
export async function holdsForAll<T>(
  { runs: numRuns, seed }: FuzzSizes,
  values: fc.Arbitrary<T>,
  check: (value: T) => void | Promise<void>,
): Promise<void> {
  const before = prototypeKeys();
  await fc.assert(
    fc.asyncProperty(values, async (value) => check(value)),
    { numRuns, ...(seed === undefined ? {} : { seed }) },
  );
  if (prototypeKeys() !== before) throw new Error("A prototype has been written to");
}

const prototypeKeys = () =>
  [Object, Array, Function, String, Number, Boolean, Promise, Error]
    .map(({ prototype }) => Reflect.ownKeys(prototype).length)
    .join();
