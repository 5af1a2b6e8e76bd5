import { startServer } from "./04-node-http.js";
import { originOf, sseEndpointContract } from "./sse-endpoint.contract.js";

sseEndpointContract(async () => `${await originOf(startServer(0))}/api/mcp/sse`);
