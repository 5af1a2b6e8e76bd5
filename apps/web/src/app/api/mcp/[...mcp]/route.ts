import { createMcpHandler } from "@mcp-assistant/mcp-redis/server";
import { guestUserId } from "../../../../server/guest";
import { mcp } from "../../../../server/mcp";
import { untilStopped } from "../../../../server/until-stopped";

export const dynamic = "force-dynamic";

const handler = createMcpHandler({ mcp, userId: guestUserId });

export const GET = async (request: Request) => untilStopped(await handler.GET(request));
export const { POST, DELETE, OPTIONS } = handler;
