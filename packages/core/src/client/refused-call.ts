import { McpSessionError, type ToolInfo } from "@mcp-assistant/protocol";
import { ProtocolErrorCode } from "@modelcontextprotocol/client";
import { budgetUser } from "../budgets/budget-user.js";
import { ToolNotFoundError } from "../errors.js";
import { rpcCodeOf } from "../server/server-error.js";
import { closestName } from "../tools/closest-name.js";
import { failingArguments } from "../tools/failing-arguments.js";
import { shownLine } from "../tools/shown-text.js";
import type { Call, Talk } from "./tools.js";

/**
 * The error to throw when a server has refused a call. If it says that the arguments are invalid, and they do not match
 * the tool's own input schema, then `INVALID_INPUT` says where. Only then is that schema needed: a call that succeeds
 * never reads it.
 */
export async function explained(
  { deps, session }: Talk,
  { call: { args, signal }, error, read }: { call: Call; error: unknown; read: () => Promise<ToolInfo | undefined> },
): Promise<unknown> {
  if (rpcCodeOf(error) !== ProtocolErrorCode.InvalidParams) return error;
  const tool = await read().catch(() => undefined);
  if (!tool) return error;
  const checker = {
    user: budgetUser(deps.storeId, session.userId),
    msPerMinute: deps.limits.schemaMsPerMinute,
  };
  const places = await failingArguments(tool, args, checker, signal);
  if (places.length === 0) return error;
  return new McpSessionError({
    code: "INVALID_INPUT",
    message: `arguments: The server refused these: ${places.map((place) => place || "the whole object").join(", ")}`,
    hint: "Correct them by the tool's input schema, and try again.",
    retryable: false,
    cause: error,
  });
}

/** `tools`: all that the server has. */
export function noTool(name: string, tools: readonly ToolInfo[]): ToolNotFoundError {
  const closest = closestName(
    name,
    tools.map((tool) => tool.name),
  );
  return new ToolNotFoundError({
    message: `The server has no tool named "${shownLine(name, 100)}"`,
    hint: closest
      ? `Did you mean "${closest}"? Otherwise, check the list of tools.`
      : "Check the list of tools. The server may have renamed or removed it.",
    retryable: false,
  });
}
