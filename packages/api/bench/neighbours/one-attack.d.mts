export interface Run {
  /** The 95th percentile (ms) of the other user's calls before the attack, and under it. */
  before: number;
  under: number;
  /** The longest delay (ms) of the app's event loop. */
  delayMs: number;
  /** The CPU time (ms) of its longest turn. */
  turnMs: number;
}

/** Runs an attack of attacks.mjs, each time with new users. Throws if it was not answered as it should be. */
export function runAttack(
  name: string,
  options: { redisUrl: string; runs: number; beforeMs: number; underMs: number },
): Promise<{ runs: Run[]; failed: string[]; counted: number }>;
