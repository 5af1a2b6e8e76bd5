import type { ReactNode } from "react";
import { ConnectionView } from "../../../components/connection/connection-view";
import { mcp } from "../../../server/mcp";

interface ConnectionLayoutProps {
  params: Promise<{ sessionId: string }>;
  children: ReactNode;
}

/** What the views of a connection share stays in place when the user goes from one to another. */
export default async function ConnectionLayout({ params, children }: ConnectionLayoutProps) {
  const sessionId = decodeURIComponent((await params).sessionId);
  return (
    <ConnectionView key={sessionId} sessionId={sessionId} inMemory={mcp.inMemory}>
      {children}
    </ConnectionView>
  );
}
