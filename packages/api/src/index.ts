export type { McpHandlerOptions, McpRequestHandler } from "./http/create-mcp-handler.js";
export { createMcpHandler } from "./http/create-mcp-handler.js";
export { isCrossOriginRequest } from "./http/edge/cross-origin.js";
export { toNodeHandler } from "./http/node.js";
export type { McpAppRouter } from "./router/app-router.js";
export type { McpRouterOptions } from "./router/create-mcp-router.js";
export { createMcpRouter } from "./router/create-mcp-router.js";
export { mcpErrorFormatter, mcpResponseMeta } from "./router/errors.js";
export { mcpSseOptions } from "./router/sse-options.js";
