"use client";

import { useConnections, useMcpStream } from "@mcp-assistant/mcp-redis/client";
import { ArrowLeft, SearchX } from "lucide-react";
import Link from "next/link";
import { useEffect, useState } from "react";
import { productName } from "../../product";
import { addressText, isReadable } from "../connection/server-address";
import { StateBadge } from "../connection/state-badge";
import { StreamTrouble } from "../site/stream-trouble";
import { buttonLook } from "../ui/button";
import { NotConnected } from "./not-connected";
import { ToolBench } from "./tool-bench";
import { ToolsSkeleton } from "./tools-skeleton";

/** The tools of one connection, or why they cannot be shown. */
export function ToolsView({ sessionId, inMemory }: { sessionId: string; inMemory: boolean }) {
  const { data: connections, isPending } = useConnections();
  const { status } = useMcpStream();
  const connection = connections?.find((candidate) => candidate.sessionId === sessionId);
  // Forgotten when another user signs in: the connections are then unknown for a moment.
  const [wasShown, setWasShown] = useState(false);
  const isShown = connection !== undefined || (wasShown && connections !== undefined);
  if (isShown !== wasShown) setWasShown(isShown);
  const name = connection?.serverName ?? "Tools";
  useEffect(() => {
    document.title = `${name} · ${productName}`;
  }, [name]);
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
          {isReadable(connection) && (
            <p className="mt-1 font-mono text-xs text-muted wrap-anywhere">{addressText(connection)}</p>
          )}
          <div className="mt-6 flex flex-col gap-6">
            <StreamTrouble />
            <NotConnected connection={connection} />
            {isReadable(connection) && <ToolBench connection={connection} />}
          </div>
        </>
      ) : (
        <div className="mt-2">
          <h1 className="text-2xl font-semibold tracking-tight">
            {connections ? (wasShown ? "This connection has ended" : "Connection not found") : "Tools"}
          </h1>
          <div className="mt-6">
            <StreamTrouble />
            {connections ? (
              <ConnectionNotFound wasShown={wasShown} inMemory={inMemory} />
            ) : (
              isPending && <ToolsSkeleton />
            )}
          </div>
        </div>
      )}
    </>
  );
}

function ConnectionNotFound({ wasShown, inMemory }: { wasShown: boolean; inMemory: boolean }) {
  return (
    <div className="flex flex-col items-center gap-3 rounded-card border border-dashed px-6 py-12 text-center">
      <SearchX aria-hidden="true" className="size-6 text-muted" />
      <p className="max-w-sm text-sm text-muted">
        {wasShown ? "It was removed or has expired" : "It was removed, has expired, or belongs to another user"}
        {inMemory ? ", or the app was restarted. This app keeps connections in memory." : "."}
      </p>
      <Link href="/connections" className={buttonLook("primary")}>
        Go to your connections
      </Link>
    </div>
  );
}
