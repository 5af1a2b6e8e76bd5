"use client";

import Link from "next/link";
import { textIn } from "../ui/tone";
import { eventLook } from "./event-look";
import { eventSummary } from "./event-summary";
import { EventTime } from "./event-time";
import { useEventHistory } from "./use-event-history";

/** The last few events. The Events page shows all of them. */
export function LatestEvents() {
  const history = useEventHistory(8);
  return (
    <section aria-labelledby="latest-events">
      <div className="mb-3 flex items-center justify-between gap-2">
        <h2 id="latest-events" className="text-lg font-semibold tracking-tight">
          Latest events
        </h2>
        <Link href="/events" className="flex min-h-8 items-center text-sm font-medium text-accent hover:underline">
          All events
        </Link>
      </div>
      {history.length === 0 ? (
        <p className="text-sm text-muted">Activity will show up here.</p>
      ) : (
        <ol className="flex flex-col">
          {history.map(({ key, events, serverName }) => {
            const [event] = events;
            const { Icon, tone } = eventLook(event);
            return (
              <li key={key} className="flex gap-2.5 border-b py-2.5 text-[0.8125rem] last:border-b-0">
                <Icon aria-hidden="true" className={`mt-0.5 size-3.5 shrink-0 ${textIn[tone]}`} />
                <div className="min-w-0 flex-1">
                  <p className="wrap-anywhere">{eventSummary(events)}</p>
                  <p className="flex items-baseline justify-between gap-2 text-muted">
                    <span className="truncate">{serverName}</span>
                    <span className="shrink-0">
                      <EventTime at={event.at} />
                    </span>
                  </p>
                </div>
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
}
