"use client";

import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import Link from "next/link";
import { showAddress } from "../bench/use-chosen";
import { mayOffer } from "../offers/may-offer";
import { isPlainClick } from "../ui/plain-click";
import { type ConnectionViewName, connectionViews, viewPath } from "./views";

const views = Object.keys(connectionViews) as ConnectionViewName[];

interface ConnectionNavProps {
  sessionId: string;
  /** Undefined until it is known. */
  connection: Connection | undefined;
  shown: ConnectionViewName;
}

/** Leads to everything that a connection's server may offer, and says what it does not offer. */
export function ConnectionNav({ sessionId, connection, shown }: ConnectionNavProps) {
  return (
    <nav aria-label="This connection" className="mt-4 flex flex-wrap gap-x-1 border-b">
      {views.map((view) => (
        <Link
          key={view}
          href={viewPath(sessionId, view)}
          aria-current={view === shown ? "page" : undefined}
          onClick={(event) => {
            // Next sees no change in a link to the page that it already shows.
            if (view !== shown || !isPlainClick(event)) return;
            event.preventDefault();
            showAddress(viewPath(sessionId, view));
          }}
          className="-mb-px flex min-h-10 items-center gap-1.5 border-b-2 border-transparent px-2 text-sm font-medium text-muted hover:text-text aria-[current]:border-accent aria-[current]:text-text sm:px-3"
        >
          {connectionViews[view]}
          {!mayOffer(connection, view) && <span className="text-xs font-normal text-muted">none</span>}
        </Link>
      ))}
    </nav>
  );
}
