"use client";

import { useMcp } from "@mcp-assistant/mcp-redis/client";
import { ArrowLeft, SearchX } from "lucide-react";
import Link from "next/link";
import { useEffect } from "react";
import { productName } from "../../product";
import { addressText } from "../connection/server-address";
import { StateBadge } from "../connection/state-badge";
import { StreamTrouble } from "../site/stream-trouble";
import { buttonLook } from "../ui/button";
import { NotConnected } from "./not-connected";
import { ToolBench } from "./tool-bench";
import { ToolsSkeleton } from "./tools-skeleton";

/** The tools of one connection, or why there are none to show. */
export function ToolsView({ sessionId }: { sessionId: string }) {
  const { connections, status, streamError } = useMcp();
  const connection = connections?.find((candidate) => candidate.sessionId === sessionId);
  useEffect(() => {
    if (connection) document.title = `${connection.serverName} · ${productName}`;
  }, [connection]);
  return (
    <>
      <Link
        href="/connections"
        className="-ml-1 inline-flex min-h-8 items-center gap-1.5 rounded-md px-1 text-sm text-muted hover:text-text"
      >
        <ArrowLeft aria-hidden="true" className="size-4" />
        Connections
      </Link>
      {connection ? (
        <>
          <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-2">
            <h1 className="min-w-0 text-2xl font-semibold tracking-tight wrap-anywhere">{connection.serverName}</h1>
            <StateBadge connection={connection} stale={status !== "live"} />
          </div>
          <p className="mt-1 font-mono text-xs text-muted wrap-anywhere">{addressText(connection)}</p>
          <div className="mt-6 flex flex-col gap-6">
            <StreamTrouble />
            <NotConnected connection={connection} />
            <ToolBench connection={connection} />
          </div>
        </>
      ) : (
        <div className="mt-2">
          <h1 className="text-2xl font-semibold tracking-tight">{connections ? "Connection not found" : "Tools"}</h1>
          <div className="mt-6">
            <StreamTrouble />
            {connections ? <ConnectionNotFound /> : !streamError && <ToolsSkeleton />}
          </div>
        </div>
      )}
    </>
  );
}

function ConnectionNotFound() {
  return (
    <div className="flex flex-col items-center gap-3 rounded-card border border-dashed px-6 py-12 text-center">
      <SearchX aria-hidden="true" className="size-6 text-muted" />
      <p className="max-w-sm text-sm text-muted">It was removed, has expired, or belongs to somebody else.</p>
      <Link href="/connections" className={buttonLook("primary")}>
        Go to your connections
      </Link>
    </div>
  );
}
