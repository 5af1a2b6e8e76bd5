// A hostile MCP server in a process of its own. It tells its address, and then the lies that it is sent.
import { startHostileMcpServer } from "@mcp-assistant/testing/servers";

const server = await startHostileMcpServer();
process.on("message", (lies) => server.lie(lies));
process.send(server.url);
