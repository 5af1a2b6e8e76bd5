import { setImmediate as nextTurn } from "node:timers/promises";
import { type Context, createContext, Script } from "node:vm";
import type { ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";
import { Allowance } from "../budgets/allowance.js";
import { Turns } from "../budgets/turns.js";
import { callerGone } from "../errors.js";
import { processWide } from "../process-wide.js";
import { callPartOf } from "./call-part.js";

/** How much CPU time (ms) a check may use. */
const maxCheckMs = 50;

/** How much CPU time (ms) shows that an attempt was not just waiting for a busy machine. */
const minWorkedMs = 0.8 * maxCheckMs;

/** How long (ms) a check waits for its turn: as long as calls take by default, so that a busy machine skips none. */
const maxWaitMs = 60_000;

/** Checks follow each other in one turn of the event loop until they have taken this long (ms) together. */
const quickMs = 5;

/** How many schemas that cannot be checked are remembered in this process. */
const maxRemembered = 1_000;

/**
 * Schemas are untrusted, so they are interpreted, never compiled to code. A `$ref` outside the schema is not resolved.
 */
const interpreter = new CfWorkerJsonSchemaValidator();

/** Whose results are checked, and how much CPU time (ms) that may take, a minute in this process. */
export interface Checker {
  /** Names the storage and the user. */
  user: string;
  msPerMinute: number;
}

/**
 * Whether a result's `structuredContent` matches its tool's `outputSchema` (MCP, tools). Any result is accepted as is
 * where the schema cannot be checked, or not in time, and while the user's checks have used their CPU time. A schema that
 * cannot be checked is remembered for the user, so that it is tried once and not at each call. Rejects with a
 * `CancelledError` once `signal` has aborted: then no check begins.
 */
export async function matchesOutputSchema(
  tool: ToolInfo,
  { structuredContent, isError }: ToolResult,
  checker: Checker,
  signal?: AbortSignal,
): Promise<boolean> {
  const { output } = callPartOf(tool);
  if (!output || isError) return true;
  if (structuredContent === undefined) return false;
  const { uncheckable, ofSchema } = processWide("schema checks", "all", newChecks);
  const name = JSON.stringify([checker.user, output.digest]);
  // A check that needs a second attempt may show that there should be no other.
  const end = await turnIn(ofSchema, name, signal);
  if (!end) return true;
  try {
    if (uncheckable.has(name)) return true;
    // The interpreter modifies the schema it reads.
    const check = () => interpreter.getValidator(structuredClone(output.schema))(structuredContent).valid;
    return await withinTime(check, checker, signal);
  } catch {
    if (signal?.aborted) throw callerGone();
    remember(uncheckable, name);
    return true;
  } finally {
    end();
  }
}

/** By the user and the hash of the schema: what one user's server does changes no check of another user's. */
const newChecks = () => ({
  uncheckable: new Set<string>(),
  ofSchema: new Turns({ perKey: 1, inAll: Infinity }, { maxWaitMs }),
});

/** Waits for a turn. Undefined if too many wait. Throws a `CancelledError` once `signal` has aborted. */
async function turnIn(turns: Turns, key: string, signal: AbortSignal | undefined): Promise<(() => void) | undefined> {
  const end = await turns.take(key, 1, signal).catch(() => undefined);
  if (!signal?.aborted) return end;
  end?.();
  throw callerGone();
}

/** Forgets the oldest one, if there are too many. */
function remember(names: Set<string>, name: string): void {
  names.add(name);
  const [oldest] = names;
  if (names.size > maxRemembered && oldest !== undefined) names.delete(oldest);
}

let clock: { context: Context; script: Script } | undefined;

/**
 * Runs a check for a limited time: a pattern that backtracks, references that multiply, or comparisons of each item with
 * each other can take years. Only V8 itself can stop them, and it does so for scripts of `node:vm`. That limit is in
 * wall-clock time, which also passes while a busy machine runs other processes. So a check that did not get its CPU time
 * is tried again with twice as long, as often as it takes. Users take turns, and the event loop has its turn after each
 * attempt that is not quick. True if the user's time is used up, or too many wait. Throws once the check has used its
 * time twice, or `signal` has aborted.
 */
export async function withinTime(
  check: () => boolean,
  { user, msPerMinute }: Checker,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const turns = processWide("turns", "schema checks", () => new Turns({ perKey: 1, inAll: 1 }, { maxWaitMs }));
  const loop = processWide("schema checks", "this turn of the event loop", () => new LoopTurn());
  const allowance = Allowance.of("schema checks");
  // A pause of V8, such as garbage collection, counts as CPU time too, so one attempt proves nothing.
  for (let ms = maxCheckMs, proofs = 0; ; ) {
    const end = await turnIn(turns, user, signal);
    if (!end || allowance.wait(user) > 0) {
      end?.();
      return true;
    }
    const [before, began] = [cpuTime(), performance.now()];
    try {
      return timed(check, ms);
    } catch (error) {
      if (!isTimeout(error)) throw error;
      if (cpuMsSince(before) >= minWorkedMs) proofs += 1;
      else ms *= 2;
      if (proofs === 2) throw error;
    } finally {
      allowance.spend(user, cpuMsSince(before), msPerMinute);
      if (loop.spend(performance.now() - began) < quickMs) end();
      else void nextTurn().then(end);
    }
  }
}

/** How long (ms) checks have taken since the event loop last had its turn. */
class LoopTurn {
  #ms = 0;

  /** Returns the sum. */
  spend(ms: number): number {
    if (this.#ms === 0) {
      setImmediate(() => {
        this.#ms = 0;
      });
    }
    this.#ms += ms;
    return this.#ms;
  }
}

/** The time (µs) that this thread has had; before Node 22.19, all threads of the process. */
const { threadCpuUsage }: { threadCpuUsage?: typeof process.cpuUsage } = process as object;
const cpuTime = threadCpuUsage?.bind(process) ?? process.cpuUsage.bind(process);

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = cpuTime(before);
  return (user + system) / 1_000;
}

function timed(check: () => boolean, ms: number): boolean {
  clock ??= { context: createContext({ __proto__: null }), script: new Script("check()") };
  const { context, script } = clock;
  context.check = check;
  try {
    return script.runInContext(context, { timeout: ms }) === true;
  } finally {
    context.check = undefined;
  }
}

/** `instanceof` would not work: the error may come from the script's own realm. */
const isTimeout = (error: unknown) =>
  typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
