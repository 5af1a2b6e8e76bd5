// A hostile MCP server in its own process. It sends its address, and then tells the lies that it is given.
import { startHostileMcpServer } from "@mcp-assistant/testing/servers";

const server = await startHostileMcpServer();
process.on("message", (lies) => server.lie(lies));
process.send(server.url);
