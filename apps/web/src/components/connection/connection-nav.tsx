"use client";

import Link from "next/link";
import { showAddress } from "../bench/use-chosen";
import { isPlainClick } from "../ui/plain-click";
import { type ConnectionViewName, connectionViews, viewPath } from "./views";

const views = Object.keys(connectionViews) as ConnectionViewName[];

/** Leads to everything that a connection's server may offer. */
export function ConnectionNav({ sessionId, shown }: { sessionId: string; shown: ConnectionViewName }) {
  return (
    <nav aria-label="This connection" className="mt-4 flex gap-1 border-b">
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
          className="-mb-px flex min-h-10 items-center border-b-2 border-transparent px-3 text-sm font-medium text-muted hover:text-text aria-[current]:border-accent aria-[current]:text-text"
        >
          {connectionViews[view]}
        </Link>
      ))}
    </nav>
  );
}
