"use client";

import { useMcpStream } from "@mcp-assistant/mcp-redis/client";
import { Activity } from "lucide-react";
import { StreamTrouble } from "../site/stream-trouble";
import { EventRow } from "./event-row";
import { useEventHistory } from "./use-event-history";

/** All events since the page was opened. It is not a live region, because it would never be silent. */
export function EventsView() {
  const { status } = useMcpStream();
  const history = useEventHistory();
  return (
    <section aria-label="Events since this page was opened">
      <StreamTrouble />
      {history.length === 0 ? (
        <div className="flex flex-col items-center gap-2 rounded-card border border-dashed px-6 py-12 text-center">
          <Activity aria-hidden="true" className="size-6 text-muted" />
          <h2 className="mt-1 text-lg font-semibold tracking-tight">No events since you opened this page</h2>
          <p className="max-w-sm text-sm text-muted">
            {status === "live"
              ? "Connect or disconnect a server, here or in another window, and it will show up here."
              : "This page is not connected to the app yet."}
          </p>
        </div>
      ) : (
        <ol className="overflow-hidden rounded-card border bg-surface shadow-card">
          {history.map((entry) => (
            <EventRow {...entry} key={entry.key} />
          ))}
        </ol>
      )}
    </section>
  );
}
