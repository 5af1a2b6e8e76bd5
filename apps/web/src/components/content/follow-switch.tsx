"use client";

import { useConnectionEvents, useFollowResource } from "@mcp-assistant/mcp-redis/client";
import { useState } from "react";
import { useAnnounce } from "../announcements/announcer";
import { EventTime } from "../events/event-time";

interface FollowSwitchProps {
  sessionId: string;
  uri: string;
  /** What the resource is called. */
  label: string;
  /** Whether the user wants it. It is kept above, so that it outlasts a moment without a connection. */
  isWanted: boolean;
  onChange: (isWanted: boolean) => void;
}

/** Follows a resource while it is shown, if the user wants it: what is shown is then read again after each change. */
export function FollowSwitch({ sessionId, uri, label, isWanted, onChange }: FollowSwitchProps) {
  const announce = useAnnounce();
  const [changedAt, setChangedAt] = useState<string | undefined>();
  const { error } = useFollowResource(sessionId, uri, { enabled: isWanted });
  useConnectionEvents({
    limit: 1,
    onEvent: ({ event }) => {
      if (!isWanted || event.type !== "resource_updated" || event.sessionId !== sessionId) return;
      // The event may name a part of the resource.
      if (!event.uri.startsWith(uri)) return;
      setChangedAt(event.at);
      announce(`${label} has changed`);
    },
  });
  return (
    <>
      <label className="flex min-h-9 cursor-pointer items-center gap-2 text-sm font-medium">
        <input
          type="checkbox"
          // biome-ignore lint/a11y/useAriaPropsForRole: browsers take the state of a checkbox.
          role="switch"
          checked={isWanted}
          onChange={({ target }) => onChange(target.checked)}
          className="size-4 accent-accent"
        />
        Follow
      </label>
      {isWanted && error && (
        <span role="status" className="min-w-0 text-[0.8125rem] text-muted wrap-anywhere">
          {error.code === "NOT_SUPPORTED" ? "This server does not report changes." : `${error.message}. ${error.hint}`}
        </span>
      )}
      {changedAt !== undefined && (
        <span className="text-[0.8125rem] text-muted">
          Changed at <EventTime at={changedAt} />
        </span>
      )}
    </>
  );
}
