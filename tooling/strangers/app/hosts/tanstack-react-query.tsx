"use client";

import { McpProvider, useTools } from "@mcp-assistant/mcp-redis/client";
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { createTRPCClient, httpLink } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { useState } from "react";
import type { appRouter } from "../server/router";

const { TRPCProvider, useTRPC } = createTRPCContext<typeof appRouter>();

export function Host() {
  const [queryClient] = useState(() => new QueryClient());
  const [client] = useState(() => createTRPCClient<typeof appRouter>({ links: [httpLink({ url: "/api/trpc" })] }));
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={client} queryClient={queryClient}>
        <McpProvider url="/api/trpc" queryClient={queryClient}>
          <Tools sessionId="s1" />
        </McpProvider>
      </TRPCProvider>
    </QueryClientProvider>
  );
}

function Tools({ sessionId }: { sessionId: string }) {
  const { mcp } = useTRPC();
  const theirs = useQuery(mcp.tools.list.queryOptions({ sessionId })).data?.map(({ name }) => name.toUpperCase());
  const ours = useTools(sessionId).data?.map(({ name }) => name.toUpperCase());
  return <p>{[theirs, ours].join()}</p>;
}
