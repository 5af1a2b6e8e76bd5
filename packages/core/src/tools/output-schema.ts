import { type Context, createContext, Script } from "node:vm";
import type { ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";

/**
 * How long (ms) the first try of a check may take and the last one, each twice as long as the one before; and the longest
 * schema (UTF-16 code units of JSON) that is looked at.
 */
const [firstTryMs, lastTryMs, maxSchemaLength] = [50, 400, 65_536];

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
 * Runs it for a limited time: a pattern that backtracks, references that multiply and comparisons of each with each can
 * take years. Only V8 itself can end them, and it does so for scripts of `node:vm`. That clock goes on while a busy machine
 * does other work, so a check gets more time as long as it was not the one that worked. Throws when the time is over.
 */
function withinTime(check: () => boolean): boolean {
  for (let ms = firstTryMs; ; ms *= 2) {
    const before = process.cpuUsage();
    try {
      return timed(check, ms);
    } catch (error) {
      const { user, system } = process.cpuUsage(before);
      const hasWorked = (user + system) / 1_000 > ms / 2;
      // A pause of V8's own counts as work, so that the first try proves nothing.
      if (!isTimeout(error) || ms === lastTryMs || (hasWorked && ms > firstTryMs)) throw error;
    }
  }
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

/** Not by its class: it may be an error of the script's own realm. */
const isTimeout = (error: unknown) =>
  typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
