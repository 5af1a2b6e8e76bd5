import { type Context, createContext, Script } from "node:vm";
import type { ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";

/** How much CPU time (ms) a check may use, and the longest schema (UTF-16 code units of JSON) that is checked. */
const [maxCheckMs, maxSchemaLength] = [50, 65_536];

/** Schemas come from strangers: an interpreter, never code made from them. It resolves no `$ref` outside of the schema. */
const interpreter = new CfWorkerJsonSchemaValidator();

/**
 * Whether a result is what its tool promised: `structuredContent` by `outputSchema` (MCP, tools). A server that writes a
 * schema which cannot be checked, or not in time, binds nobody but itself: its results are taken as they are.
 */
export function keepsPromise({ outputSchema }: ToolInfo, { structuredContent, isError }: ToolResult): boolean {
  if (!outputSchema || isError) return true;
  if (structuredContent === undefined) return false;
  if (JSON.stringify(outputSchema).length > maxSchemaLength) return true;
  // The interpreter writes into the schema that it reads.
  const schema = structuredClone(outputSchema);
  try {
    return withinTime(() => interpreter.getValidator(schema)(structuredContent).valid);
  } catch {
    return true;
  }
}

let clock: { context: Context; script: Script } | undefined;

/**
 * Runs a check for a limited time: a pattern that backtracks, references that multiply, or comparisons of each item with
 * each other can take years. Only V8 itself can stop them, and it does so for scripts of `node:vm`, by the clock on the
 * wall. On a busy machine that clock runs while other processes work, so a check that did not get its CPU time is tried
 * again with twice as long, as often as it takes. Throws once the check has used its time.
 */
function withinTime(check: () => boolean): boolean {
  for (let ms = maxCheckMs; ; ms *= 2) {
    const before = cpuTime();
    try {
      return timed(check, ms);
    } catch (error) {
      const { user, system } = cpuTime(before);
      const hasWorked = (user + system) / 1_000 >= maxCheckMs;
      // V8 may have used the first try's time for a pause of its own.
      if (!isTimeout(error) || (hasWorked && ms > maxCheckMs)) throw error;
    }
  }
}

/** The time (µs) that this thread has had; before Node 22.19, all threads of the process. */
const { threadCpuUsage }: { threadCpuUsage?: typeof process.cpuUsage } = process as object;
const cpuTime = threadCpuUsage?.bind(process) ?? process.cpuUsage.bind(process);

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

/** Not by its class: it may be an error of the script's own realm. */
const isTimeout = (error: unknown) =>
  typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
