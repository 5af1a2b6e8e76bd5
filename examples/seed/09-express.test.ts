import { startApp } from "./09-express.js";
import { originOf, sseEndpointContract } from "./sse-endpoint.contract.js";

sseEndpointContract(async () => `${await originOf(startApp(0))}/mcp/sse`);
