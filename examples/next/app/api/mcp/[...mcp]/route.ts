import { createMcpHandler } from "@mcp-assistant/mcp-redis/server";
import { mcp } from "../../../../server/mcp";

export const { GET, POST, DELETE } = createMcpHandler({
  mcp,
  // STAND-IN: every visitor is the same user. Return the id of the user who sent the request, or null.
  userId: (_request) => process.env.DEMO_USER ?? null,
});
