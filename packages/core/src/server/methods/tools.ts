import type { ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { matchesOutputSchema } from "../../tools/output-schema.js";
import { toToolInfos, toToolResult } from "../../tools/tool.js";
import type { AskOptions, Dialled } from "../dialled.js";
import { methods } from "../method.js";
import { invalidAnswer, outputMismatch } from "../server-error.js";
import { listPages } from "./list-pages.js";

/** Lists all tools. Empty for a server without the tools capability. Names are unique and can be shown. */
export async function listTools(server: Dialled, signal?: AbortSignal): Promise<ToolInfo[]> {
  if (!server.offers("tools")) return [];
  const { members } = await listPages(server, methods.listTools, signal);
  const { tools, leftOut: count } = toToolInfos(members, server.era);
  if (count > 0) server.warn(leftOut, { count });
  return tools;
}

const leftOut =
  "Some tools were left out: they are malformed, have a duplicate name or one that cannot be shown, or ask for invalid headers";

export async function callTool(
  server: Dialled,
  tool: ToolInfo,
  args: Record<string, unknown>,
  options: Omit<AskOptions, "tool"> = {},
): Promise<ToolResult> {
  const { signal } = options;
  const answer = await server.request(methods.callTool, { name: tool.name, arguments: args }, { ...options, tool });
  const result = toToolResult(answer);
  if (!result) throw invalidAnswer(server.url);
  if (!(await matchesOutputSchema(tool, result, server.checker, signal))) throw outputMismatch(server.url);
  return result;
}
