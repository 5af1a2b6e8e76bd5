import { type HostileMcpServer, startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { Mcp } from "../src/mcp.js";
import { someUser } from "../src/samples.fixture.js";
import { busy, fill, smallRoom } from "./full-process.js";

let server: HostileMcpServer;
beforeEach(async () => {
  server = await startHostileMcpServer();
  return server.close;
});

function open(): Mcp {
  const mcp = appFor({ hosts: [server.host] }, { limits: smallRoom });
  onTestFinished(() => mcp.close());
  return mcp;
}

const down = { kind: "reply", status: 503, headers: { "content-type": "text/plain" }, body: "" } as const;

type Session = { mcp: Mcp; userId: string; sessionId: string };

const states = {
  CONNECTED: async () => undefined,
  FAILED: async ({ mcp, userId, sessionId }: Session) => {
    server.lie({ answers: { initialize: down, "server/discover": down } });
    expect(await mcp.forUser(userId).reconnect(sessionId)).toMatchObject({ state: "FAILED" });
    server.lie();
  },
  DISCONNECTED: async ({ mcp, userId, sessionId }: Session) => mcp.forUser(userId).disconnect(sessionId),
};

const uses = {
  reconnect: ({ mcp, userId, sessionId }: Session) => mcp.forUser(userId).reconnect(sessionId),
  "reconnect with headers": ({ mcp, userId, sessionId }: Session) =>
    mcp.forUser(userId).reconnect(sessionId, { headers: { "x-key": "1" } }),
  connect: ({ mcp, userId }: Session) => mcp.forUser(userId).connect({ serverUrl: server.url }),
  "a call": ({ mcp, userId, sessionId }: Session) => mcp.forUser(userId).callTool(sessionId, "whoami"),
  "a check": ({ mcp, userId, sessionId }: Session) => mcp.forUser(userId).refreshSession(sessionId),
  "a client's connect": ({ mcp, userId, sessionId }: Session) => mcp.forUser(userId).client(sessionId).connect(),
};

async function connected(state: keyof typeof states): Promise<Session> {
  const [mcp, userId] = [open(), someUser()];
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  await states[state]({ mcp, userId, sessionId });
  return { mcp, userId, sessionId };
}

test.each<[keyof typeof uses, keyof typeof states]>([
  ["reconnect", "CONNECTED"],
  ["reconnect", "FAILED"],
  ["reconnect", "DISCONNECTED"],
  ["reconnect with headers", "CONNECTED"],
  ["reconnect with headers", "FAILED"],
  ["connect", "FAILED"],
  ["connect", "DISCONNECTED"],
  ["a call", "CONNECTED"],
  ["a call", "FAILED"],
  ["a check", "CONNECTED"],
  ["a check", "FAILED"],
  ["a client's connect", "FAILED"],
])("%s in a process without room asks no server, and leaves a %s connection exactly as it was", async (use, state) => {
  const session = await connected(state);
  const { mcp, userId, sessionId } = session;
  const before = await mcp.forUser(userId).get(sessionId);
  expect(before.state).toBe(state);
  const empty = fill();
  server.resetRequests();
  await expect(uses[use](session)).rejects.toMatchObject(busy);
  expect(server.requests()).toEqual([]);
  expect(await mcp.forUser(userId).get(sessionId)).toEqual(before);
  empty();
  await uses[use](session);
  expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ state: "CONNECTED" });
});

test("a new connection is not made in a process without room, and does not count against the user's rate", async () => {
  const mcp = appFor({ hosts: [server.host] }, { limits: { ...smallRoom, connectsPerMinute: 1 } });
  onTestFinished(() => mcp.close());
  const user = mcp.forUser(someUser());
  const empty = fill();
  await expect(user.connect({ serverUrl: server.url })).rejects.toMatchObject(busy);
  expect(await user.list()).toEqual([]);
  expect(server.requests()).toEqual([]);
  empty();
  expect(await user.connect({ serverUrl: server.url })).toMatchObject({ state: "CONNECTED" });
});

/** Larger than what is left of the room, once the handshake has had its place. */
const largeList = { tools: [{ name: "whoami", description: "x".repeat(150_000) }] };

test.each<keyof typeof states>(["CONNECTED", "FAILED", "DISCONNECTED"])(
  "a %s connection is what it was before when the room ends in the middle of a reconnect",
  async (state) => {
    const session = await connected(state);
    const { mcp, userId, sessionId } = session;
    const before = await mcp.forUser(userId).get(sessionId);
    const empty = fill(100_000);
    server.lie(largeList);
    await expect(uses.reconnect(session)).rejects.toMatchObject(busy);
    const after = await mcp.forUser(userId).get(sessionId);
    expect(after).toEqual({ ...before, v: after.v, stateSince: after.stateSince });
    empty();
    expect(await uses.reconnect(session)).toMatchObject({ state: "CONNECTED", error: null });
  },
);

test.each<[string, (session: Session) => Promise<unknown>, keyof typeof states | undefined]>([
  ["a new connection", uses.connect, undefined],
  ["other headers", uses["reconnect with headers"], "CONNECTED"],
])("%s is FAILED when the room ends in the middle, and the next call connects it", async (_what, use, state) => {
  const session = state ? await connected(state) : { mcp: open(), userId: someUser(), sessionId: "" };
  const user = session.mcp.forUser(session.userId);
  const empty = fill(100_000);
  server.lie(largeList);
  await expect(use(session)).rejects.toMatchObject(busy);
  const [failed] = await user.list();
  expect(failed).toMatchObject({ state: "FAILED", error: busy });
  empty();
  expect(await user.callTool(failed?.sessionId ?? "", "whoami")).toMatchObject({ content: [{ type: "text" }] });
  expect(await user.list()).toMatchObject([{ state: "CONNECTED", error: null }]);
});
