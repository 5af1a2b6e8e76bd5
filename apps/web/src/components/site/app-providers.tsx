"use client";

import { McpProvider } from "@mcp-assistant/mcp-redis/client";
import type { ReactNode } from "react";
import { Announcer } from "../announcements/announcer";
import { StateAnnouncements } from "../announcements/state-announcements";
import { StreamAnnouncements } from "../announcements/stream-announcements";
import { ConnectingProvider } from "../connection/connecting";
import { ToolDesksProvider } from "../tools/tool-desks";
import { FocusKeeper } from "./focus-keeper";
import { FreshForEachUser } from "./fresh-for-each-user";

/** What every page needs: the connections and their one event stream, and a voice for what happens. */
export function AppProviders({ children }: { children: ReactNode }) {
  return (
    <McpProvider>
      <FocusKeeper />
      <FreshForEachUser>
        <Announcer>
          <StateAnnouncements />
          <StreamAnnouncements />
          <ConnectingProvider>
            <ToolDesksProvider>{children}</ToolDesksProvider>
          </ConnectingProvider>
        </Announcer>
      </FreshForEachUser>
    </McpProvider>
  );
}
