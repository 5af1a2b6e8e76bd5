"use client";

import { McpProvider } from "@mcp-assistant/mcp-redis/client";
import { QueryClient } from "@tanstack/react-query";
import { httpLink } from "@trpc/react-query";
import { type ReactNode, useState } from "react";
import { Announcer } from "../announcements/announcer";
import { StateAnnouncements } from "../announcements/state-announcements";
import { StreamAnnouncements } from "../announcements/stream-announcements";
import { ConnectingProvider } from "../connection/connecting";
import { TypedArgumentsProvider } from "../offers/typed-arguments";
import { ToolDesksProvider } from "../tools/tool-desks";
import { FocusKeeper } from "./focus-keeper";
import { FreshForEachUser } from "./fresh-for-each-user";
import { trpc } from "./trpc";

/** What every page needs: the connections, their single event stream, and the announcements for screen readers. */
export function AppProviders({ children }: { children: ReactNode }) {
  const [queryClient] = useState(() => new QueryClient());
  const [client] = useState(() => trpc.createClient({ links: [httpLink({ url: "/api/mcp/trpc" })] }));
  return (
    <trpc.Provider client={client} queryClient={queryClient}>
      <McpProvider queryClient={queryClient}>
        <FocusKeeper />
        <FreshForEachUser>
          <Announcer>
            <StateAnnouncements />
            <StreamAnnouncements />
            <ConnectingProvider>
              <ToolDesksProvider>
                <TypedArgumentsProvider>{children}</TypedArgumentsProvider>
              </ToolDesksProvider>
            </ConnectingProvider>
          </Announcer>
        </FreshForEachUser>
      </McpProvider>
    </trpc.Provider>
  );
}
