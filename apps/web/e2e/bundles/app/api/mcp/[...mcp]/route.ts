import { createMcpHandler } from "@mcp-assistant/mcp-redis/server";
import { openMcp, userId } from "../../../../open-mcp";

export const dynamic = "force-dynamic";

export const { GET, POST } = createMcpHandler({ mcp: openMcp("handler"), userId: () => userId });
