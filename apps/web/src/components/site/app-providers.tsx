"use client";

import { McpProvider } from "@mcp-assistant/mcp-redis/client";
import type { ReactNode } from "react";
import { Announcer } from "../announcements/announcer";
import { StateAnnouncements } from "../announcements/state-announcements";
import { StreamAnnouncements } from "../announcements/stream-announcements";
import { ConnectingProvider } from "../connection/connecting";

/** What every page needs: the connections and their one event stream, and a voice for what happens. */
export function AppProviders({ children }: { children: ReactNode }) {
  return (
    <McpProvider>
      <Announcer>
        <StateAnnouncements />
        <StreamAnnouncements />
        <ConnectingProvider>{children}</ConnectingProvider>
      </Announcer>
    </McpProvider>
  );
}
