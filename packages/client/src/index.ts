export type { SSEClientOptions, SSEClientStatus } from "./sse-client/sse-client.js";
export { SSEClient } from "./sse-client/sse-client.js";
