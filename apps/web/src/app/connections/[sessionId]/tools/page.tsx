import type { Metadata } from "next";
import { ToolsView } from "../../../../components/tools/tools-view";
import { mcp } from "../../../../server/mcp";

export const metadata: Metadata = { title: "Tools" };

export default async function ToolsPage({ params }: { params: Promise<{ sessionId: string }> }) {
  const { sessionId } = await params;
  return <ToolsView key={sessionId} sessionId={decodeURIComponent(sessionId)} inMemory={mcp.inMemory} />;
}
