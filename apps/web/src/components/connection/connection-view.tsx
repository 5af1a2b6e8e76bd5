"use client";

import { useConnections, useMcpStream } from "@mcp-assistant/mcp-redis/client";
import { ArrowLeft, SearchX } from "lucide-react";
import Link from "next/link";
import { useSelectedLayoutSegment } from "next/navigation";
import { type ReactNode, useEffect, useState } from "react";
import { productName } from "../../product";
import { BenchSkeleton } from "../bench/bench-skeleton";
import { StreamTrouble } from "../site/stream-trouble";
import { buttonLook } from "../ui/button";
import { ConnectionNav } from "./connection-nav";
import { NotConnected } from "./not-connected";
import { RenameDialog } from "./rename-dialog";
import { addressText, isReadable } from "./server-address";
import { ServerFacts } from "./server-facts";
import { ServerInstructions } from "./server-instructions";
import { ShownConnection } from "./shown-connection";
import { StateBadge } from "./state-badge";
import { connectionViews, isConnectionView } from "./views";

interface ConnectionViewProps {
  sessionId: string;
  /** The app keeps its data in memory, so a restart loses it. */
  inMemory: boolean;
  /** What the server offers, by the view. */
  children: ReactNode;
}

/** One connection, and what its server offers, or why it cannot be shown. */
export function ConnectionView({ sessionId, inMemory, children }: ConnectionViewProps) {
  const { data: connections, isPending } = useConnections();
  const { status } = useMcpStream();
  const segment = useSelectedLayoutSegment();
  const view = isConnectionView(segment) ? segment : "tools";
  const label = connectionViews[view];
  const connection = connections?.find((candidate) => candidate.sessionId === sessionId);
  // Forgotten when another user signs in: the connections are then unknown for a moment.
  const [wasShown, setWasShown] = useState(false);
  const isShown = connection !== undefined || (wasShown && connections !== undefined);
  if (isShown !== wasShown) setWasShown(isShown);
  useTitle([label, connection?.serverName]);
  const nav = <ConnectionNav sessionId={sessionId} connection={connection} shown={view} />;
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
            {isReadable(connection) && <RenameDialog connection={connection} />}
          </div>
          {isReadable(connection) && (
            <>
              <p className="mt-1 font-mono text-xs text-muted wrap-anywhere">{addressText(connection)}</p>
              <ServerFacts connection={connection} />
              <ServerInstructions connection={connection} />
              {nav}
            </>
          )}
          <div className="mt-6 flex flex-col gap-6">
            <StreamTrouble />
            <NotConnected connection={connection} />
            {isReadable(connection) && <ShownConnection value={connection}>{children}</ShownConnection>}
          </div>
        </>
      ) : (
        <div className="mt-2">
          <h1 className="flex min-h-9 items-center text-2xl font-semibold tracking-tight">
            {connections ? (wasShown ? "This connection has ended" : "Connection not found") : label}
          </h1>
          {isPending && (
            <>
              {/* As high as what the head says of a server, so that nothing moves when it is known. */}
              <div className="mt-1 h-20" />
              {nav}
            </>
          )}
          <div className="mt-6">
            <StreamTrouble />
            {connections ? (
              <ConnectionNotFound wasShown={wasShown} inMemory={inMemory} />
            ) : (
              isPending && <BenchSkeleton label={label.toLowerCase()} />
            )}
          </div>
        </div>
      )}
    </>
  );
}

/** Names the page by these parts. Next sets the title of a page that it opens, so this one comes after it. */
function useTitle(parts: readonly (string | undefined)[]): void {
  const title = [...parts, productName].filter(Boolean).join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
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
