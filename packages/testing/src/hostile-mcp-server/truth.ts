import type { McpLies } from "./mcp-lies.js";

/** A request as the server reads it. */
export interface McpRequest {
  kind: string;
  id?: unknown;
  params?:
    | { protocolVersion?: unknown; name?: unknown; cursor?: unknown; arguments?: unknown; _meta?: unknown }
    | undefined;
}

const modernVersion = "2026-07-28";
const serverInfo = { name: "hostile", version: "1.0.0" };
const methodNotFound = { error: { code: -32_601, message: "Method not found" } };

/** The server's true answer, except for the members that its lies change. */
export function truthOf(
  { kind, id, params }: McpRequest,
  { era, lies }: { era: "legacy" | "modern"; lies: McpLies },
): Record<string, unknown> {
  const outcome = () => {
    const isKnown = era === "modern" ? kind !== "initialize" : kind !== "server/discover";
    const result = isKnown ? resultOf({ kind, params }, lies) : undefined;
    if (!result) return methodNotFound;
    return { result: era === "modern" ? { resultType: "complete", ...result } : result };
  };
  return { jsonrpc: "2.0", id, ...outcome() };
}

function resultOf({ kind, params }: McpRequest, lies: McpLies): Record<string, unknown> | undefined {
  const hands = { capabilities: { tools: {} }, ...lies.handshake };
  switch (kind) {
    case "server/discover":
      return { supportedVersions: [modernVersion], ttlMs: 0, cacheScope: "private", serverInfo, ...hands };
    case "initialize":
      return { protocolVersion: params?.protocolVersion, serverInfo, ...hands };
    case "tools/list":
      return { tools: toolsOf(lies), ttlMs: 0, cacheScope: "private", ...pageAfter(params?.cursor, lies) };
    case "tools/call":
      return { content: [{ type: "text", text: textOf(params) }], ...lies.result };
    default:
      return undefined;
  }
}

/** Repeats the arguments, so that a caller can tell whether the answer is to their own call. */
const textOf = (params: McpRequest["params"]) => JSON.stringify(params?.arguments ?? {});

const inputSchema = { type: "object" };

const toolsOf = ({ tools = [{ name: "whoami" }] }: McpLies) => tools.map((tool) => ({ inputSchema, ...tool }));

function pageAfter(cursor: unknown, { pages }: McpLies): { nextCursor?: string } {
  if (pages === undefined) return {};
  return { nextCursor: pages === "same cursor" ? "again" : `${Number(cursor ?? 0) + 1}` };
}
