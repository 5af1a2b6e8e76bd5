"use client";

import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { JsonBlock } from "../ui/json-block";
import { textIn } from "../ui/tone";
import { eventLook } from "./event-look";
import { eventSummary } from "./event-summary";
import { EventTime } from "./event-time";
import type { HistoryEntry } from "./use-event-history";

export function EventRow({ events, serverName }: HistoryEntry) {
  const [open, setOpen] = useState(false);
  const [event] = events;
  const { Icon, tone } = eventLook(event);
  return (
    <li className="border-b last:border-b-0">
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary className="grid min-h-11 cursor-pointer list-none grid-cols-[1rem_5.5rem_minmax(0,1fr)] items-center gap-x-2.5 gap-y-0.5 px-3 py-2 text-sm hover:bg-surface-sunken sm:grid-cols-[1rem_5.5rem_10rem_9.5rem_minmax(0,1fr)] sm:px-4 [&::-webkit-details-marker]:hidden">
          <ChevronRight aria-hidden="true" className={`size-4 text-muted ${open ? "rotate-90" : ""}`} />
          <EventTime at={event.at} />
          <span className="truncate font-medium">{serverName ?? "All connections"}</span>
          <code className="col-start-2 font-mono text-xs text-muted sm:col-start-auto">{event.type}</code>
          <span className="col-span-2 col-start-2 flex min-w-0 items-start gap-1.5 wrap-anywhere sm:col-span-1 sm:col-start-auto">
            <Icon aria-hidden="true" className={`mt-0.5 size-4 shrink-0 ${textIn[tone]}`} />
            {eventSummary(events)}
          </span>
        </summary>
        {open && (
          <div className="flex flex-col gap-2 px-3 pt-2 pb-3 sm:px-4">
            {events.map((each) => (
              <JsonBlock key={each.type} value={each} label={`The event ${each.type} as JSON`} />
            ))}
          </div>
        )}
      </details>
    </li>
  );
}
