import {
  type ScopedMcpServer,
  type ScopedMcpServerOptions,
  startScopedMcpServer,
} from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { createMcp } from "../../create-mcp.js";
import type { Mcp } from "../../mcp.js";
import { someUser } from "../../samples.fixture.js";
import { cameBack, start } from "./sign-in.fixture.js";

interface Session {
  userId: string;
  sessionId: string;
}

async function serve(options: ScopedMcpServerOptions) {
  const server = await startScopedMcpServer(options);
  onTestFinished(server.close);
  const mcp = createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:9",
    outbound: { allowHosts: [server.host] },
  });
  return { server, mcp, host: server.host };
}

/** Signs in. The server redirects back without asking the user anything. */
async function signIn(mcp: Mcp, session: Session): Promise<void> {
  const { url, attemptId, nonce, userId } = await start(mcp, session);
  const { headers } = await fetch(url, { redirect: "manual" });
  const back = cameBack(new URL(headers.get("location") ?? ""));
  await mcp.forUser(userId).authorization.finish({ ...back, nonceOf: (id) => (id === attemptId ? nonce : undefined) });
}

async function connected(mcp: Mcp, server: ScopedMcpServer): Promise<Session> {
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  await signIn(mcp, { userId, sessionId });
  expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ state: "CONNECTED", error: null });
  return { userId, sessionId };
}

async function call(mcp: Mcp, session: Session, tool: string) {
  const client = mcp.forUser(session.userId).client(session.sessionId);
  try {
    return await client.callTool(tool);
  } finally {
    await client.close();
  }
}

/** What a call came to (`ok` or its error message), and whether a sign-in for more scope is offered afterwards. */
async function outcomeOf(mcp: Mcp, session: Session, tool: string): Promise<[string, boolean]> {
  const result = await call(mcp, session, tool).then(
    () => "ok",
    ({ code, message }) => `${code} ${message}`,
  );
  return [result, (await mcp.forUser(session.userId).get(session.sessionId)).authUrl !== null];
}

test("a server that is never satisfied gets two more sign-ins and no third, and keeps working as before", async () => {
  const { server, mcp, host } = await serve({ wants: ({ tool }) => (tool === "two" ? "more" : undefined) });
  const session = await connected(mcp, server);
  const wants = `SCOPE_REQUIRED ${host} needs more permissions`;
  expect(await outcomeOf(mcp, session, "two")).toEqual([`${wants}: more`, true]);
  await signIn(mcp, session);
  expect(await outcomeOf(mcp, session, "two")).toEqual([wants, true]);
  await signIn(mcp, session);
  const end = `SCOPE_REQUIRED ${host} keeps asking for more permissions, even after you sign in`;
  expect(await outcomeOf(mcp, session, "two")).toEqual([end, false]);
  expect(await outcomeOf(mcp, session, "two")).toEqual([end, false]);
  expect(server.asked).toEqual(["basic", "basic more", "basic more"]);

  expect(await outcomeOf(mcp, session, "one")).toEqual(["ok", false]);
  expect(await outcomeOf(mcp, session, "two")).toEqual([wants, true]);
});

test("a server that wants something else each time gets no third sign-in either", async () => {
  const { server, mcp } = await serve({
    wants: ({ tool, scopes }) => (tool === "two" ? `more:${scopes.length}` : undefined),
  });
  const session = await connected(mcp, server);
  for (let signIns = 0; signIns < 2; signIns++) {
    expect((await outcomeOf(mcp, session, "two"))[1]).toBe(true);
    await signIn(mcp, session);
  }
  const [result, offered] = await outcomeOf(mcp, session, "two");
  expect(result).toContain("keeps asking");
  expect(offered).toBe(false);
  expect(server.asked).toEqual(["basic", "basic more:1", "basic more:1 more:2"]);
});

test("a disconnect resets the count for a server that kept asking", async () => {
  const { server, mcp } = await serve({ wants: ({ tool }) => (tool === "two" ? "more" : undefined) });
  const session = await connected(mcp, server);
  for (let signIns = 0; signIns < 2; signIns++) {
    await outcomeOf(mcp, session, "two");
    await signIn(mcp, session);
  }
  expect((await outcomeOf(mcp, session, "two"))[1]).toBe(false);
  await mcp.forUser(session.userId).disconnect(session.sessionId);
  await mcp.forUser(session.userId).reconnect(session.sessionId);
  expect((await outcomeOf(mcp, session, "two"))[1]).toBe(true);
});

test("a server that wants more scope while connecting gets two more sign-ins, and then the connection fails", async () => {
  const { server, mcp, host } = await serve({ wants: ({ method }) => (method === "tools/list" ? "list" : undefined) });
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const session = { userId, sessionId };
  for (const message of [`${host} needs more permissions: list`, `${host} needs more permissions`]) {
    await signIn(mcp, session);
    const error = { code: "SCOPE_REQUIRED", message };
    expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({
      state: "FAILED",
      error,
      authUrl: expect.any(String),
    });
  }
  await signIn(mcp, session);
  const end = { state: "FAILED", error: { code: "SCOPE_REQUIRED", message: expect.stringContaining("keeps asking") } };
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ ...end, authUrl: null });
  expect(await mcp.forUser(session.userId).reconnect(session.sessionId)).toMatchObject({ ...end, authUrl: null });
  await expect(call(mcp, session, "one")).rejects.toMatchObject({ code: "SCOPE_REQUIRED" });
  expect(server.asked).toEqual(["basic", "basic list", "basic list"]);
});

test("a server that starts to want more scope makes the connection wait for a sign-in, like after a 401", async () => {
  let strict = false;
  const { server, mcp } = await serve({
    wants: ({ method, scopes }) =>
      strict && method === "initialize" && !scopes.includes("strict") ? "strict" : undefined,
  });
  const session = await connected(mcp, server);
  await mcp.forUser(session.userId).disconnect(session.sessionId);
  strict = true;
  expect(await mcp.forUser(session.userId).reconnect(session.sessionId)).toMatchObject({
    state: "AUTHENTICATING",
    authUrl: expect.any(String),
  });
  await signIn(mcp, session);
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED", error: null });
  expect(server.asked).toEqual(["basic", "basic strict"]);
});

test("the granted scope counts, if it is less than what was asked for", async () => {
  const { server, mcp, host } = await serve({
    wants: ({ tool, scopes }) => (tool === "two" && !scopes.includes("more") ? "more" : undefined),
    grants: (asked) => asked.replace(" more", ""),
  });
  const session = await connected(mcp, server);
  await outcomeOf(mcp, session, "two");
  await signIn(mcp, session);
  expect(await outcomeOf(mcp, session, "two")).toEqual([`SCOPE_REQUIRED ${host} needs more permissions: more`, true]);
});

test("if a refusal names no scope, the sign-in asks for everything the server offers and what is already granted", async () => {
  const { server, mcp } = await serve({
    offers: ["basic", "extra"],
    wants: ({ tool, scopes }) => (tool === "two" && !scopes.includes("extra") ? null : undefined),
    grants: (asked) => `${asked} gift`,
  });
  const session = await connected(mcp, server);
  expect((await outcomeOf(mcp, session, "two"))[1]).toBe(true);
  await signIn(mcp, session);
  expect(await outcomeOf(mcp, session, "two")).toEqual(["ok", false]);
  expect(server.asked).toEqual(["basic", "basic gift extra"]);
});

test("two simultaneous calls that want different scopes are answered by one sign-in for both", async () => {
  const { server, mcp } = await serve({
    wants: ({ tool, scopes }) => (tool === undefined || scopes.includes(`for:${tool}`) ? undefined : `for:${tool}`),
  });
  const session = await connected(mcp, server);
  await Promise.all([outcomeOf(mcp, session, "one"), outcomeOf(mcp, session, "two")]);
  await signIn(mcp, session);
  expect(await outcomeOf(mcp, session, "one")).toEqual(["ok", false]);
  expect(await outcomeOf(mcp, session, "two")).toEqual(["ok", false]);
  expect(server.asked.at(-1)?.split(" ").sort()).toEqual(["basic", "for:one", "for:two"]);
});

test("a refusal that arrives after the user has signed in again is reported, but offers no other sign-in", async () => {
  let meanwhile: (() => Promise<void>) | undefined;
  const { server, mcp } = await serve({
    wants: async ({ tool, scopes }) => {
      if (tool !== "two" || scopes.includes("more")) return undefined;
      await meanwhile?.();
      return "more";
    },
  });
  const session = await connected(mcp, server);
  await outcomeOf(mcp, session, "two");
  meanwhile = () => signIn(mcp, session);
  const [result, offered] = await outcomeOf(mcp, session, "two");
  expect(result).toContain("needs more permissions");
  expect(offered).toBe(false);
  expect(await outcomeOf(mcp, session, "two")).toEqual(["ok", false]);
});
