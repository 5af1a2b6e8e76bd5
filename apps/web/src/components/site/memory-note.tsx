import { MemoryStick } from "lucide-react";

/** Shown when the app has no durable storage. */
export function MemoryNote() {
  return (
    <p className="flex items-start gap-2 text-[0.8125rem] text-muted">
      <MemoryStick aria-hidden="true" className="mt-0.5 size-3.5 shrink-0" />
      Connections are kept in memory and end when the app stops.
    </p>
  );
}
