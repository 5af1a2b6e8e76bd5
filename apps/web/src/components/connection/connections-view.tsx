"use client";

import { useConnectionEvents, useConnections, useMcpStream } from "@mcp-assistant/mcp-redis/client";
import { useMemo, useRef } from "react";
import { addressFieldId } from "../connect/connect-form";
import { StreamTrouble } from "../site/stream-trouble";
import { Notice } from "../ui/notice";
import { ConnectionCard } from "./connection-card";
import { ConnectionSkeletons, NoConnections } from "./connection-list";
import { cardId } from "./server-address";
import { haveVanished } from "./vanished";

interface ConnectionsViewProps {
  demoServersId: string | undefined;
  /** The app keeps its data in memory, so a restart loses it. */
  inMemory: boolean;
}

/** The user's connections, updated live; a placeholder until they are loaded. */
export function ConnectionsView({ demoServersId, inMemory }: ConnectionsViewProps) {
  const { data: connections, isPending } = useConnections();
  const { status } = useMcpStream();
  const recent = useConnectionEvents();
  const vanished = useMemo(() => inMemory && haveVanished(recent.map(({ event }) => event)), [inMemory, recent]);
  const heading = useRef<HTMLHeadingElement>(null);

  /** The removed card took the focus with it, so focus the next card. */
  const moveFocus = (removedId: string) => {
    const index = connections?.findIndex(({ sessionId }) => sessionId === removedId) ?? -1;
    const next = connections?.[index + 1] ?? connections?.[index - 1];
    const card = next && document.getElementById(cardId(next.sessionId));
    (card ?? heading.current)?.focus();
  };

  return (
    <section aria-labelledby="your-connections">
      <h2 ref={heading} id="your-connections" tabIndex={-1} className="mb-3 text-lg font-semibold tracking-tight">
        Your connections
      </h2>
      <StreamTrouble />
      {isPending && <ConnectionSkeletons />}
      {connections?.length === 0 && vanished && (
        <div className="mb-3">
          <Notice
            tone="info"
            title="Your connections have ended"
            hint="This app keeps connections in memory and has probably been restarted. Connect your servers again."
          />
        </div>
      )}
      {connections?.length === 0 && <NoConnections addressId={addressFieldId} demoServersId={demoServersId} />}
      {connections && connections.length > 0 && (
        <ul className="flex flex-col gap-3">
          {connections.map((connection) => (
            <li key={connection.sessionId}>
              <ConnectionCard
                connection={connection}
                stale={status !== "live"}
                onRemoved={() => moveFocus(connection.sessionId)}
              />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
