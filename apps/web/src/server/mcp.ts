import { createMcp, type McpObservabilityEvent, optionsFromEnvironment } from "@mcp-assistant/mcp-redis/server";
import { productName } from "../product";
import { attemptTtl, trustProxy } from "./environment";
import { logLine } from "./log-line";

const { MCP_BASE_URL } = process.env;
const signInTime = attemptTtl();

function logProblem(event: McpObservabilityEvent): void {
  const line = logLine(event);
  if (line) console.error(line);
}

/** The app's connections. Values may be missing while the app is built; a request then reports which one. */
export const mcp = createMcp({
  storage: "memory",
  ...optionsFromEnvironment(),
  baseUrl: MCP_BASE_URL,
  client: { name: productName },
  trustProxy: trustProxy(),
  ...(signInTime === undefined ? {} : { attemptTtl: signInTime }),
  logger: logProblem,
});
