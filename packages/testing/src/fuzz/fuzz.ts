import fc from "fast-check";

export interface FuzzSizes {
  /** Runs of each property. */
  runs: number;
  /** Default: a new one each time. A failure prints it. */
  seed?: number;
  /** ms for each property. */
  timeLimit: number;
}

export const shortFuzz: FuzzSizes = { runs: 2_000, seed: 1, timeLimit: 180_000 };
/** At least 100,000 runs for each scenario. */
export const longFuzz: FuzzSizes = { runs: 15_000, timeLimit: 580_000 };

/**
 * Checks that many values. If the check fails, it rejects with the seed and the smallest failing value. It also rejects
 * if a built-in prototype was written to meanwhile.
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
