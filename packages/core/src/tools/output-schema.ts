import { type Context, createContext, Script } from "node:vm";
import type { ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";

/** How much CPU time (ms) a check may use, and the longest schema (UTF-16 code units of JSON) that is checked. */
const [maxCheckMs, maxSchemaLength] = [50, 65_536];

/**
 * Schemas are untrusted, so they are interpreted, never compiled to code. A `$ref` outside the schema is not resolved.
 */
const interpreter = new CfWorkerJsonSchemaValidator();

/**
 * Whether a result's `structuredContent` matches its tool's `outputSchema` (MCP, tools). A schema that cannot be
 * checked, or not in time, is ignored, and any result is accepted as is.
 */
export function matchesOutputSchema({ outputSchema }: ToolInfo, { structuredContent, isError }: ToolResult): boolean {
  if (!outputSchema || isError) return true;
  if (structuredContent === undefined) return false;
  if (JSON.stringify(outputSchema).length > maxSchemaLength) return true;
  // The interpreter modifies the schema it reads.
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
 * each other can take years. Only V8 itself can stop them, and it does so for scripts of `node:vm`. That limit is in
 * wall-clock time, which also passes while a busy machine runs other processes. So a check that did not get its CPU time
 * is tried again with twice as long, as often as it takes. Throws once the check has used its time.
 */
function withinTime(check: () => boolean): boolean {
  for (let ms = maxCheckMs; ; ms *= 2) {
    const before = cpuTime();
    try {
      return timed(check, ms);
    } catch (error) {
      const { user, system } = cpuTime(before);
      const hasWorked = (user + system) / 1_000 >= maxCheckMs;
      // A pause of V8, such as garbage collection, counts as CPU time too, so the first attempt proves nothing.
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

/** `instanceof` would not work: the error may come from the script's own realm. */
const isTimeout = (error: unknown) =>
  typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
