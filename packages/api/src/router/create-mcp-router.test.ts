import { createMcp } from "@mcp-assistant/core";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import { initTRPC, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { beforeAll, expect, test } from "vitest";
import { createMcpRouter, mcpErrorFormatter } from "../index.js";

let modern: Awaited<ReturnType<typeof startModernServer>>;
beforeAll(async () => {
  modern = await startModernServer();
  return modern.close;
});

const mcpWith = (hosts: readonly string[]) =>
  createMcp({ storage: "memory", baseUrl: "http://127.0.0.1:3000", outbound: { allowHosts: hosts } });

interface HostContext {
  session: { user: { id: string } } | null;
}

/** A host's tRPC app with its own context, sign-in and procedures. */
function hostApp() {
  const mcp = mcpWith(modern.hosts);
  const t = initTRPC.context<HostContext>().create({ errorFormatter: mcpErrorFormatter, isDev: false });
  const signedIn = t.procedure.use(({ ctx, next }) => {
    if (!ctx.session) throw new TRPCError({ code: "UNAUTHORIZED", message: "The host refused" });
    return next({ ctx: { user: ctx.session.user } });
  });
  const router = t.router({
    hello: t.procedure.query(() => "hello"),
    mcp: createMcpRouter({ mcp, procedure: signedIn, userId: (ctx) => ctx.user.id }),
    open: createMcpRouter({ mcp, procedure: t.procedure, userId: ({ session }) => session?.user.id ?? null }),
  });
  return { router, callerOf: t.createCallerFactory(router) };
}

const request = (
  router: ReturnType<typeof hostApp>["router"],
  context: HostContext,
  path: string,
  init?: RequestInit,
) =>
  fetchRequestHandler({
    endpoint: "/trpc",
    router,
    req: new Request(`http://app.example.com/trpc/${path}`, init),
    createContext: () => context,
  });

const of = (id: string): HostContext => ({ session: { user: { id } } });

test("the procedures work inside a host's own app, behind its own sign-in", async () => {
  const { router, callerOf } = hostApp();
  const ada = callerOf(of("ada"));
  const { sessionId, state } = await ada.mcp.connections.connect({ serverUrl: modern.url, serverName: "Tools" });
  expect(state).toBe("CONNECTED");
  expect(await ada.mcp.connections.list()).toMatchObject([{ sessionId, serverName: "Tools", toolCount: 4 }]);
  expect((await ada.mcp.tools.list({ sessionId })).map(({ name }) => name)).toContain("add");
  const called = await request(router, of("ada"), "mcp.tools.call", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ sessionId, name: "add", arguments: { a: 20, b: 22 } }),
  });
  expect(await called.json()).toMatchObject({ result: { data: { structuredContent: { sum: 42 } } } });
  expect(await callerOf(of("bob")).mcp.connections.list()).toEqual([]);
});

test("a caller without a user is refused: by the host if it refuses, otherwise by us", async () => {
  const signedOut = hostApp().callerOf({ session: null });
  await expect(signedOut.mcp.connections.list()).rejects.toThrow("The host refused");
  const refused = await signedOut.open.connections.list().catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "UNAUTHORIZED", cause: { code: "UNAUTHENTICATED" } });
  await expect(signedOut.open.events.subscribe()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
});

test("a user's stream never carries another user's events", async () => {
  const { callerOf } = hostApp();
  const [ada, bob] = [callerOf(of("ada-events")), callerOf(of("bob-events"))];
  const seen: unknown[] = [];
  const events = await bob.mcp.events.subscribe();
  const reading = (async () => {
    for await (const [, event] of events as AsyncIterable<[string, unknown]>) seen.push(event);
  })();
  await ada.mcp.connections.connect({ serverUrl: modern.url, serverName: "Only Ada's" });
  const own = await bob.mcp.connections.connect({ serverUrl: modern.url, serverName: "Bob's" });
  await bob.mcp.connections.remove({ sessionId: own.sessionId });
  await expect.poll(() => JSON.stringify(seen)).toContain("session_removed");
  expect(JSON.stringify(seen)).not.toContain("Only Ada's");
  const iterator = (events as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  await iterator.return?.();
  await reading;
});

test("our errors are the causes of tRPC's, and bad input is reported by field, without its value", async () => {
  const ada = hostApp().callerOf(of("ada"));
  const missing = await ada.mcp.connections.remove({ sessionId: "no-such-session" }).catch((error: unknown) => error);
  expect(missing).toMatchObject({ code: "NOT_FOUND", message: "Session not found" });
  expect(isMcpSessionError(missing instanceof Error ? missing.cause : undefined)).toBe(true);
  const bad = await ada.mcp.connections
    .connect({ serverUrl: "http://127.0.0.1", serverId: "spaces and hunter2" })
    .catch((error: unknown) => error);
  expect(bad).toMatchObject({ code: "BAD_REQUEST", cause: { code: "INVALID_INPUT" } });
  expect(bad instanceof Error ? bad.message : "").toMatch(/^serverId: .*letters/);
  expect(String(bad)).not.toContain("hunter2");
});

test("the browser gets our error's fields and never a stack", async () => {
  const { router } = hostApp();
  const response = await request(router, of("ada"), 'mcp.tools.list?input={"sessionId":"no-such-session"}');
  expect(response.status).toBe(404);
  const body: unknown = await response.json();
  const mcp = {
    code: "SESSION_NOT_FOUND",
    message: "Session not found",
    hint: expect.any(String),
    retryable: false,
  };
  expect(body).toMatchObject({ error: { data: { mcp } } });
  expect(JSON.stringify(body)).not.toContain("stack");
});

test("a userId that is not a string is a type error in the host", () => {
  const t = initTRPC.context<{ id: number }>().create();
  // @ts-expect-error: the user id is a number here
  createMcpRouter({ mcp: mcpWith([]), procedure: t.procedure, userId: ({ id }) => id });
  // @ts-expect-error: this context has no user
  createMcpRouter({ mcp: mcpWith([]), procedure: t.procedure, userId: ({ user }) => user.id });
});
