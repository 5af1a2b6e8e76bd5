// What the types are for: each describes something that an app handles itself.

// OAuth types, of the same shape as in the MCP SDK
import type { OAuthClientInformation, OAuthTokens } from "@mcp-assistant/mcp-redis/server";
// Connection events and states, tools, and the requests of the event stream's address
import type {
  McpConnectionEvent,
  McpConnectionState,
  McpObservabilityEvent,
  McpRpcRequest,
  McpRpcResponse,
  ToolInfo,
} from "@mcp-assistant/mcp-redis/shared";

export const isOver = (state: McpConnectionState): boolean => state === "DISCONNECTED" || state === "FAILED";

export const sessionOf = (event: McpConnectionEvent): string | null => event.sessionId ?? null;

export const logLine = ({ at, level, message }: McpObservabilityEvent): string => `${at} ${level}: ${message}`;

export const titleOf = ({ title, name }: ToolInfo): string => title ?? name;

export const callOf = (id: string, sessionId: string, name: string): McpRpcRequest => ({
  id,
  method: "callTool",
  params: { sessionId, name, arguments: {} },
});

export const resultOf = (response: McpRpcResponse): unknown => {
  if ("error" in response) throw new Error(response.error.message);
  return response.result;
};

/** When (ms since the epoch) tokens that came at `now` expire. */
export const expiryOf = ({ expires_in }: OAuthTokens, now: number): number | undefined =>
  expires_in === undefined ? undefined : now + expires_in * 1_000;

export const isPublicClient = ({ client_secret }: OAuthClientInformation): boolean => client_secret === undefined;
