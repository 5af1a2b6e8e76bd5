import type { ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { keepsPromise } from "../../tools/output-schema.js";
import { toToolInfos, toToolResult } from "../../tools/tool.js";
import { methods } from "../budget.js";
import type { Dialled } from "../dialled.js";
import { brokenPromise, invalidAnswer } from "../server-error.js";
import { listPages } from "./list-pages.js";

/** All tools; none of a server that has none to offer. Each name once, and none that could not be shown. */
export async function listTools(server: Dialled, signal?: AbortSignal): Promise<ToolInfo[]> {
  if (!server.offers("tools")) return [];
  const listed = await listPages(server, methods.listTools, signal);
  const { tools, leftOut: count } = toToolInfos(listed, server.era);
  if (count > 0) server.warn(leftOut, { count });
  return tools;
}

const leftOut =
  "Tools are left out: they are malformed, their names cannot be shown or come twice, or they ask for headers that must not be";

export async function callTool(
  server: Dialled,
  tool: ToolInfo,
  args: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<ToolResult> {
  const answer = await server.request(methods.callTool, { name: tool.name, arguments: args }, { signal, tool });
  const result = toToolResult(answer);
  if (!result) throw invalidAnswer(server.url);
  if (!keepsPromise(tool, result)) throw brokenPromise(server.url);
  return result;
}
