// The other user's MCP server. It sends its address.
import { startHostileMcpServer } from "@mcp-assistant/testing/servers";

const { url } = await startHostileMcpServer();
process.on("disconnect", () => process.exit(0));
process.send(url);
