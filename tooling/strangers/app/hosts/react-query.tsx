"use client";

import { McpProvider, useTools } from "@mcp-assistant/mcp-redis/client";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createTRPCReact, httpLink } from "@trpc/react-query";
import { useState } from "react";
import type { appRouter } from "../server/router";

const trpc = createTRPCReact<typeof appRouter>();

export function Host() {
  const [queryClient] = useState(() => new QueryClient());
  const [client] = useState(() => trpc.createClient({ links: [httpLink({ url: "/api/trpc" })] }));
  return (
    <trpc.Provider client={client} queryClient={queryClient}>
      <QueryClientProvider client={queryClient}>
        <McpProvider url="/api/trpc" queryClient={queryClient}>
          <Tools sessionId="s1" />
        </McpProvider>
      </QueryClientProvider>
    </trpc.Provider>
  );
}

function Tools({ sessionId }: { sessionId: string }) {
  const theirs = trpc.mcp.tools.list.useQuery({ sessionId }).data?.map(({ name }) => name.toUpperCase());
  const ours = useTools(sessionId).data?.map(({ name }) => name.toUpperCase());
  return <p>{[theirs, ours].join()}</p>;
}
