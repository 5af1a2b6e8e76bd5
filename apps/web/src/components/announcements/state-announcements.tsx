"use client";

import { useConnectionEvents } from "@mcp-assistant/mcp-redis/client";
import { useAnnounce } from "./announcer";
import { stateAnnouncement } from "./state-announcement";

/** Announces state changes of the connections, on every page. */
export function StateAnnouncements() {
  const announce = useAnnounce();
  useConnectionEvents({
    limit: 1,
    onEvent: ({ event }) => {
      const text = event.type === "state_changed" ? stateAnnouncement(event.connection) : undefined;
      if (text) announce(text);
    },
  });
  return null;
}
