import { createMcp, type McpObservabilityEvent, optionsFromEnvironment } from "@mcp-assistant/mcp-redis/server";
import { productName } from "../product";
import { attemptTtl } from "./environment";

const { MCP_ALLOW_HOSTS, MCP_BASE_URL } = process.env;
const signInTime = attemptTtl();

function logProblem({ level, message, at, sessionId, metadata }: McpObservabilityEvent): void {
  if (level !== "warn" && level !== "error") return;
  console.error(`${at} ${level}: ${message}`, { ...(sessionId ? { sessionId } : {}), ...metadata });
}

/** The app's connections. Values may be missing while the app is built; a request then reports which one. */
export const mcp = createMcp({
  storage: "memory",
  ...optionsFromEnvironment(),
  baseUrl: MCP_BASE_URL,
  client: { name: productName },
  outbound: { allowHosts: MCP_ALLOW_HOSTS ? MCP_ALLOW_HOSTS.split(",") : [] },
  ...(signInTime === undefined ? {} : { attemptTtl: signInTime }),
  logger: logProblem,
});
