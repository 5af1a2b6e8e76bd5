import { createMcpHandler } from "@mcp-assistant/mcp-redis/server";
import { guestUserId } from "../../../../server/guest";
import { mcp } from "../../../../server/mcp";

export const dynamic = "force-dynamic";

export const { GET, POST, DELETE } = createMcpHandler({ mcp, userId: guestUserId });
