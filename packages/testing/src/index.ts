export { eventually } from "./eventually.js";
export type { LoopbackServer } from "./loopback-server.js";
export { startLoopbackServer } from "./loopback-server.js";
export { refusingOrigin, startSilentServer, startStatusServer, startWebPage } from "./odd-servers.js";
export type { StallingMcpServer } from "./stalling-mcp-server.js";
export { startStallingMcpServer } from "./stalling-mcp-server.js";
