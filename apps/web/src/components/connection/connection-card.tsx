"use client";

import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { ConnectionKey } from "../key/connection-key";
import { ConnectionActions } from "./connection-actions";
import { ConnectionNotice } from "./connection-notice";
import { addressText, cardId, isReadable } from "./server-address";
import { ServerIcon } from "./server-icon";
import { StateBadge } from "./state-badge";
import { wantsMore } from "./state-look";
import { StateTimer } from "./state-timer";

interface ConnectionCardProps {
  connection: Connection;
  /** The event stream from the app is down, so the card shows the last known state. */
  stale: boolean;
  onRemoved: () => void;
}

export function ConnectionCard({ connection, stale, onRemoved }: ConnectionCardProps) {
  const { sessionId, serverName, serverUrl, state } = connection;
  const id = cardId(sessionId);
  const asksForSignIn = state === "AUTHENTICATING" || wantsMore(connection);
  const edge = state === "FAILED" ? "border-danger/50" : asksForSignIn ? "border-sign-in/60" : "";
  return (
    <article
      id={id}
      tabIndex={-1}
      aria-labelledby={`${id}-name`}
      data-state={state}
      className={`rounded-card border bg-surface p-4 shadow-card sm:p-5 ${edge}`}
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-3">
        <ServerIcon name={serverName} />
        <div className="min-w-0 flex-1">
          <h3 id={`${id}-name`} className="truncate font-semibold tracking-tight" title={serverName}>
            {serverName}
          </h3>
          {isReadable(connection) && (
            <p className="truncate font-mono text-xs text-muted" title={serverUrl}>
              {addressText(connection)}
            </p>
          )}
        </div>
        <div className="flex basis-full items-center gap-2.5 sm:basis-auto sm:flex-row-reverse">
          <StateBadge connection={connection} stale={stale} />
          {!stale && isReadable(connection) && <StateTimer connection={connection} />}
        </div>
      </div>
      <ConnectionNotice connection={connection} />
      <ConnectionKey connection={connection} />
      <ConnectionActions connection={connection} onRemoved={onRemoved} />
    </article>
  );
}
