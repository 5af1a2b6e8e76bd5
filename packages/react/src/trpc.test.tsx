import type { McpAppRouter } from "@mcp-assistant/api";
import type { ToolInfo } from "@mcp-assistant/protocol";
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { createTRPCClient, httpLink } from "@trpc/client";
import { createTRPCReact, getQueryKey } from "@trpc/react-query";
import { createTRPCContext, createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import type { ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { McpProvider } from "./provider.js";
import { anyToolsKey, connectionsKey, promptsKey, resourcesKey, resourceTemplatesKey, toolsKey } from "./query/keys.js";
import { storeOf } from "./query/query-mirror.js";
import { useMcp } from "./use-mcp.js";
import { useTools } from "./use-tools.js";

const url = "http://127.0.0.1:9/api/mcp/trpc";
const classic = createTRPCReact<McpAppRouter>();
const { TRPCProvider, useTRPC } = createTRPCContext<McpAppRouter>();

test("our query keys are those of @trpc/react-query", () => {
  expect(connectionsKey).toEqual(getQueryKey(classic.mcp.connections.list, undefined, "query"));
  expect(toolsKey("s1")).toEqual(getQueryKey(classic.mcp.tools.list, { sessionId: "s1" }, "query"));
  expect(anyToolsKey).toEqual(getQueryKey(classic.mcp.tools.list));
  expect(resourcesKey("s1")).toEqual(getQueryKey(classic.mcp.resources.list, { sessionId: "s1" }, "query"));
});

test("our query keys are those of @trpc/tanstack-react-query", () => {
  const client = createTRPCClient<McpAppRouter>({ links: [httpLink({ url })] });
  const { mcp } = createTRPCOptionsProxy<McpAppRouter>({ client, queryClient: new QueryClient() });
  expect(connectionsKey).toEqual(mcp.connections.list.queryKey());
  expect(toolsKey("s1")).toEqual(mcp.tools.list.queryKey({ sessionId: "s1" }));
  expect(anyToolsKey).toEqual(mcp.tools.list.pathKey());
  expect(resourcesKey("s1")).toEqual(mcp.resources.list.queryKey({ sessionId: "s1" }));
  expect(resourceTemplatesKey("s1")).toEqual(mcp.resources.templates.queryKey({ sessionId: "s1" }));
  expect(promptsKey("s1")).toEqual(mcp.prompts.list.queryKey({ sessionId: "s1" }));
});

/** A query client that has a connection's tools from our stream. */
function filledQueryClient(): QueryClient {
  const queryClient = new QueryClient();
  const store = storeOf(queryClient);
  const base = { at: "2026-11-22T10:00:00.000Z", sessionId: "s1", serverId: "tools", v: 1 };
  store.record("1-0", { type: "reset", at: base.at, connections: [] });
  const add: ToolInfo = { name: "add", inputSchema: { type: "object" } };
  store.record("2-0", { ...base, type: "tools_discovered", count: 1, hash: "h", added: [], removed: [], tools: [add] });
  expect(queryClient.getQueryData(toolsKey("s1"))).toEqual([add]);
  return queryClient;
}

const shown = (connections?: readonly unknown[], tools?: readonly { name: string }[]) =>
  `${connections?.length ?? "unknown"} connections, tools ${tools?.map(({ name }) => name) ?? "unknown"}`;

function Ours() {
  return shown(useMcp().connections, useTools("s1").data);
}

function Classic() {
  const connections = classic.mcp.connections.list.useQuery(undefined, { enabled: false });
  return shown(connections.data, classic.mcp.tools.list.useQuery({ sessionId: "s1" }).data);
}

function WithOptions() {
  const { mcp } = useTRPC();
  const connections = useQuery({ ...mcp.connections.list.queryOptions(), enabled: false });
  return shown(connections.data, useQuery(mcp.tools.list.queryOptions({ sessionId: "s1" })).data);
}

const both = (queryClient: QueryClient, host: ReactNode) =>
  renderToStaticMarkup(
    <QueryClientProvider client={queryClient}>
      <McpProvider queryClient={queryClient}>
        <Ours />
      </McpProvider>
      ; {host}
    </QueryClientProvider>,
  );

test("a host's hooks of @trpc/react-query read the entries that ours read", () => {
  const queryClient = filledQueryClient();
  const host = (
    <classic.Provider client={classic.createClient({ links: [httpLink({ url })] })} queryClient={queryClient}>
      <Classic />
    </classic.Provider>
  );
  expect(both(queryClient, host)).toBe("0 connections, tools add; 0 connections, tools add");
});

test("a host's hooks of @trpc/tanstack-react-query read them, too", () => {
  const queryClient = filledQueryClient();
  const host = (
    <TRPCProvider trpcClient={createTRPCClient<McpAppRouter>({ links: [httpLink({ url })] })} queryClient={queryClient}>
      <WithOptions />
    </TRPCProvider>
  );
  expect(both(queryClient, host)).toBe("0 connections, tools add; 0 connections, tools add");
});
