export type { McpAppRouter } from "./app-router.js";
export type { McpRouterOptions } from "./create-mcp-router.js";
export { createMcpRouter } from "./create-mcp-router.js";
export { mcpErrorFormatter, mcpResponseMeta } from "./errors.js";
export type { McpHandlerOptions, McpRequestHandler } from "./http/create-mcp-handler.js";
export { createMcpHandler } from "./http/create-mcp-handler.js";
export { isCrossOriginRequest } from "./http/cross-origin.js";
export { mcpSseOptions } from "./sse-options.js";
