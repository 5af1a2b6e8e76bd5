import { createMcp, type McpObservabilityEvent, optionsFromEnvironment } from "@mcp-assistant/mcp-redis/server";
import { productName } from "../product";

const { MCP_ALLOW_HOSTS, MCP_ATTEMPT_TTL_S, MCP_BASE_URL } = process.env;

function logProblem({ level, message, at, sessionId, metadata }: McpObservabilityEvent): void {
  if (level !== "warn" && level !== "error") return;
  console.error(`${at} ${level}: ${message}`, { ...(sessionId ? { sessionId } : {}), ...metadata });
}

/** The app's connections. Every value may be missing while the app is built; a request then says which one. */
export const mcp = createMcp({
  storage: "memory",
  ...optionsFromEnvironment(),
  baseUrl: MCP_BASE_URL,
  client: { name: productName },
  outbound: { allowHosts: (MCP_ALLOW_HOSTS ?? "").split(",").filter(Boolean) },
  ...(MCP_ATTEMPT_TTL_S ? { attemptTtl: Number(MCP_ATTEMPT_TTL_S) } : {}),
  logger: logProblem,
});
