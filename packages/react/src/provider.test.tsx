import type { Connection } from "@mcp-assistant/protocol";
import { QueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { basePathOf } from "./own-browser.js";
import { McpProvider } from "./provider.js";
import { storeOf } from "./query/query-mirror.js";
import { useCallTool } from "./use-call-tool.js";
import {
  useConnect,
  useDisconnect,
  useReconnect,
  useRemove,
  useRename,
  useSignIn,
  useSignOut,
} from "./use-connection-actions.js";
import { useConnectionEvents } from "./use-connection-events.js";
import { useConnection, useConnections } from "./use-connections.js";
import { useMcp } from "./use-mcp.js";
import { useMcpStream } from "./use-mcp-stream.js";
import { useInstructions } from "./use-resources.js";
import { useTools } from "./use-tools.js";

function Page() {
  const { connections, isInitializing, status, streamError } = useMcp();
  const events = useConnectionEvents({ limit: 1 });
  const shown = [
    useConnections()
      .data?.map(({ serverName }) => serverName)
      .join() ?? "unknown",
    useConnection("s1").data?.serverName,
    connections.length,
    isInitializing,
    status,
    streamError?.code ?? "fine",
    useMcpStream().status,
    useTools("s1").isPending,
    useCallTool("s1").status,
    events.map(({ id }) => id).join() || "nothing yet",
  ];
  return shown.map(String).join(" ");
}

const render = (props: { queryClient?: QueryClient; initialConnections?: Connection[] } = {}) =>
  renderToStaticMarkup(
    <McpProvider {...props}>
      <Page />
    </McpProvider>,
  );

const connection = { sessionId: "s1", serverName: "Notes" } as Connection;

test("a server renders the page without data, and sends no requests", () => {
  expect(render()).toBe("unknown undefined 0 true connecting fine connecting true idle nothing yet");
});

test("a server renders the page with the connections that it was given", () => {
  const markup = render({ initialConnections: [connection] });
  expect(markup).toBe("Notes Notes 1 false connecting fine connecting true idle nothing yet");
});

test("data that the query client already has is there at the first render", () => {
  const queryClient = new QueryClient();
  const store = storeOf(queryClient);
  store.record("1-0", { type: "reset", at: "2026-11-22T10:00:00.000Z", connections: [] });
  store.record("2-0", { type: "reset", at: "2026-11-22T10:00:01.000Z", connections: [] });
  const markup = render({ queryClient, initialConnections: [connection] });
  expect(markup).toBe(" undefined 0 false connecting fine connecting true idle 2-0");
});

function Alone({ call }: { call: () => unknown }) {
  return call() as ReactNode;
}

test.each<[string, () => unknown]>([
  ["useCallTool", () => useCallTool("s1")],
  ["useConnect", () => useConnect()],
  ["useConnection", () => useConnection("s1")],
  ["useConnectionEvents", () => useConnectionEvents()],
  ["useConnections", () => useConnections()],
  ["useDisconnect", () => useDisconnect()],
  ["useInstructions", () => useInstructions("s1")],
  ["useMcp", () => useMcp()],
  ["useMcpStream", () => useMcpStream()],
  ["useReconnect", () => useReconnect()],
  ["useRemove", () => useRemove()],
  ["useRename", () => useRename()],
  ["useSignIn", () => useSignIn()],
  ["useSignOut", () => useSignOut()],
  ["useTools", () => useTools("s1")],
])("%s without a provider says which line is missing", (name, call) => {
  const line = name === "useMcp" ? 'useMcp({ url: "/api/mcp/sse" })' : "<McpProvider>…</McpProvider>";
  expect(() => renderToStaticMarkup(<Alone call={call} />)).toThrow(`${name}() is used outside of <McpProvider>`);
  expect(() => renderToStaticMarkup(<Alone call={call} />)).toThrow(line);
});

function Own({ seen }: { seen: unknown[] }) {
  const mcp = useMcp({ url: "/api/mcp/sse?userId=ada", userId: "ada", authToken: "secret" });
  seen.push(mcp.connect);
  return `${mcp.connections.length} ${mcp.status} ${mcp.isInitializing}`;
}

test("useMcp with a url needs no provider, and on a server it sends nothing and keeps nothing", () => {
  const fetched = vi.spyOn(globalThis, "fetch");
  const seen: unknown[] = [];
  expect([renderToStaticMarkup(<Own seen={seen} />), renderToStaticMarkup(<Own seen={seen} />)]).toEqual([
    "0 connecting true",
    "0 connecting true",
  ]);
  expect(seen[0]).not.toBe(seen[1]);
  expect(fetched).not.toHaveBeenCalled();
  fetched.mockRestore();
});

test.each([
  ["/api/mcp/sse", "/api/mcp"],
  ["/api/mcp/sse/", "/api/mcp"],
  ["https://api.example/mcp/sse", "/mcp"],
  // A route of its own tells nothing of the sign-in pages.
  ["/api/events", undefined],
])("with the url %s, the sign-in pages are below %s", (url, basePath) => {
  expect(basePathOf(url)).toBe(basePath);
});

test("only our own sign-in page below basePath is linked to", () => {
  const queryClient = new QueryClient();
  renderToStaticMarkup(
    <McpProvider queryClient={queryClient} url="https://app.example/trpc" basePath="/tools/mcp">
      <Page />
    </McpProvider>,
  );
  const { isSignInPage } = storeOf(queryClient);
  expect(isSignInPage("https://app.example/tools/mcp/auth/start?session=s1")).toBe(true);
  expect(isSignInPage("https://app.example/api/mcp/auth/start?session=s1")).toBe(false);
});
