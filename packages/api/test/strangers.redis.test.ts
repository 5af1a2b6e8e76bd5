import { createHash, randomUUID } from "node:crypto";
import { type IncomingMessage, request } from "node:http";
import { text as readText } from "node:stream/consumers";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { startPersonalMcpServer } from "@mcp-assistant/testing/servers";
import type {} from "@mcp-assistant/testkit/provided-context";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type App, clientOf, follow, openSignIn, startApp } from "./app.js";

const storage = inject("redisUrl");
const [owner, stranger] = [`owner-${randomUUID()}`, `stranger-${randomUUID()}`];

let app: App;
let modern: Awaited<ReturnType<typeof startModernServer>>;
let notes: Awaited<ReturnType<typeof startOauthServer>>;
let personal: Awaited<ReturnType<typeof startPersonalMcpServer>>;
let sessions: Record<"live" | "waiting" | "removed" | "expired" | "made up", string>;

beforeAll(async () => {
  [modern, notes, personal] = await Promise.all([startModernServer(), startOauthServer(), startPersonalMcpServer()]);
  app = await startApp({ storage, allowHosts: [...modern.hosts, ...notes.hosts, personal.host] });
  const { connections } = clientOf(app.origin, owner);
  const connect = async (serverId: string, serverUrl = modern.url) =>
    (await connections.connect.mutate({ serverUrl, serverId, serverName: "Owner's" })).sessionId;
  const [live, waiting] = [await connect("live"), await connect("waiting", notes.url)];
  const [removed, expired] = [await connect("removed"), await connect("expired")];
  await connections.remove.mutate({ sessionId: removed });
  const redis = new Redis(storage);
  // As when the session expires.
  await redis.del(`mcp:session:${expired}`, `mcp:credentials:${expired}`, `mcp:user:${owner}:server:expired`);
  await redis.quit();
  sessions = { live, waiting, removed, expired, "made up": live.replace(/[\w-]{10}\./, "aaaaaaaaaa.") };
});
afterAll(async () => {
  await app.stop();
  await Promise.all([modern.close(), notes.close(), personal.close()]);
});

/** Sends one request. Returns every part of the answer that could reveal a difference. */
async function ask(path: string, user: string, { method = "GET", body, headers: given }: Sent = {}) {
  const cookie = user ? { cookie: `user=${user}` } : {};
  const headers = { ...cookie, origin: app.origin, "content-type": "application/json", ...given };
  // Not `fetch`, which adds headers of its own.
  const sent = request(`${app.origin}/api/mcp${path}`, { method, headers }).end(body);
  const response = await new Promise<IncomingMessage>((answer, fail) => sent.on("response", answer).on("error", fail));
  const names = Object.entries(response.headers).filter(([name]) => name !== "date");
  const text = `${JSON.stringify(names)}\n${await readText(response)}`;
  return { status: response.statusCode, text: text.replaceAll(/(nonce[-=]"?)[\w+/=]+/g, "$1") };
}

interface Sent {
  method?: string;
  body?: string;
  headers?: Readonly<Record<string, string>>;
}

const post = (input: unknown) => ({ method: "POST", body: JSON.stringify(input) });
const query = (input: unknown) => encodeURIComponent(JSON.stringify(input));

/** The headers of a browser that follows a link on a foreign page. */
const visit = {
  ...{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
  origin: "null",
};

type Ask = (sessionId: string, user: string) => ReturnType<typeof ask>;

/** Every way in which a request can name a session. */
const ways: Readonly<Record<string, Ask>> = {
  "tools.list": (sessionId, user) => ask(`/trpc/mcp.tools.list?input=${query({ sessionId })}`, user),
  "tools.call": (sessionId, user) =>
    ask("/trpc/mcp.tools.call", user, post({ sessionId, name: "add", arguments: { a: 20, b: 22 } })),
  ...Object.fromEntries(
    ["reconnect", "refreshSession", "disconnect", "signOut", "remove"].map((name): [string, Ask] => [
      `connections.${name}`,
      (sessionId, user) => ask(`/trpc/mcp.connections.${name}`, user, post({ sessionId })),
    ]),
  ),
  "a batch": (sessionId, user) =>
    ask(
      "/trpc/mcp.connections.disconnect,mcp.connections.remove?batch=1",
      user,
      post({ 0: { sessionId }, 1: { sessionId } }),
    ),
  "auth/start": (sessionId, user) => ask(`/auth/start?session=${sessionId}`, user),
  "auth/start, from another site": (sessionId, user) =>
    ask(`/auth/start?session=${sessionId}`, user, { headers: visit }),
};

describe.each(Object.entries(ways))("CVE-2026-52870, CVE-2026-45349, CVE-2026-45350: %s", (_way, asking) => {
  test("answers a stranger as if the session did not exist, for every session", async () => {
    const absent = await asking("xxxmade_up-of-the-right_.notes", stranger);
    expect(absent).toMatchObject({ status: 404, text: expect.stringMatching(/(?:Session|Connection) not found/) });
    for (const [which, sessionId] of Object.entries(sessions)) {
      expect(await asking(sessionId, stranger), which).toEqual(absent);
    }
    for (const which of ["removed", "expired", "made up"] as const) {
      expect(await asking(sessions[which], owner), which).toEqual(absent);
    }
  });

  test("answers 401 without a user, for every session", async () => {
    const answers = await Promise.all(Object.values(sessions).map((sessionId) => asking(sessionId, "")));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.status).toBe(401);
    expect(answers[0]?.text).toContain("You are not signed in to this app");
  });
});

test("CVE-2026-52870: another user cannot tell the page of a sign-in from one that never existed", async () => {
  const { location } = await openSignIn(`${app.origin}/api/mcp/auth/start?session=${sessions.waiting}`, owner);
  const state = new URL(location).searchParams.get("state") ?? "";
  const attemptId = createHash("sha256").update(state).digest("hex");
  const never = await ask(`/auth/result/${"0".repeat(64)}`, stranger);
  expect(await ask(`/auth/result/${attemptId}`, stranger)).toEqual(never);
  expect((await ask(`/auth/result/${attemptId}`, owner)).text).not.toBe(never.text);
});

test("a stranger cannot tell another user's session from an absent one by the time of the answer", async () => {
  const took = async (sessionId: string) => {
    const before = performance.now();
    await ways["tools.list"]?.(sessionId, stranger);
    return performance.now() - before;
  };
  const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
  const differences: number[] = [];
  // Other work on the machine may slow one of the two: then measure again.
  while (differences.length < 5 && !differences.some((ms) => ms < 1)) {
    const [foreign, absent]: [number[], number[]] = [[], []];
    for (let pair = 0; pair < 200; pair++) {
      foreign.push(await took(sessions.live));
      absent.push(await took("xxxmade_up-of-the-right_.notes"));
    }
    differences.push(Math.abs(median(foreign) - median(absent)));
  }
  expect(Math.min(...differences)).toBeLessThan(1);
});

test("a user id that the request claims is ignored in query, body, headers and cookies", async () => {
  const said = { userId: owner, user: owner, user_id: owner, ctx: { userId: owner } };
  const headers = {
    cookie: `userId=${owner}; user=${stranger}; user=${owner}; mcp_user=${owner}`,
    "x-user-id": owner,
    "x-forwarded-user": owner,
    authorization: `Bearer ${owner}`,
  };
  const inQuery = new URLSearchParams({ userId: owner, user: owner, input: JSON.stringify(said) });
  const listed = await ask(`/trpc/mcp.connections.list?${inQuery}`, stranger, { headers });
  expect(listed).toMatchObject({ status: 200, text: expect.stringContaining('"data":[]') });
  const key = await ask(`/trpc/mcp.events.userKey?${inQuery}`, stranger, { headers });
  expect(key.text).toBe((await ask("/trpc/mcp.events.userKey", stranger)).text);
  for (const name of ["connections.reconnect", "connections.remove", "tools.call"]) {
    const input = { ...said, sessionId: sessions.live, name: "add", arguments: {} };
    expect(await ask(`/trpc/mcp.${name}?${inQuery}`, stranger, { ...post(input), headers })).toMatchObject({
      status: 404,
    });
  }
  const { connections } = clientOf(app.origin, stranger);
  await ask("/trpc/mcp.connections.connect", stranger, {
    ...post({ ...said, serverUrl: modern.url, serverId: "said" }),
    headers,
  });
  expect(await connections.list.query()).toMatchObject([{ serverId: "said" }]);
  const started = await ask(`/auth/start?session=${sessions.waiting}&userId=${owner}&user=${owner}`, stranger, {
    headers,
  });
  expect(started.status).toBe(404);
});

test("CVE-2026-31950, CVE-2025-6515: a stranger who knows all of an owner's ids sees none of their events", async () => {
  const { connections } = clientOf(app.origin, owner);
  const [own, foreign] = [follow(app.origin, owner), follow(app.origin, stranger)];
  await Promise.all([own, foreign].map(({ until }) => until(({ type }) => type === "reset")));
  for (let round = 0; round < 3; round++) {
    await connections.disconnect.mutate({ sessionId: sessions.live });
    await connections.reconnect.mutate({ sessionId: sessions.live });
  }
  const stolen = { sessionId: sessions.live, userId: owner, channel: `mcp:user:${owner}:events`, lastEventId: "0-0" };
  const controller = new AbortController();
  const response = await fetch(
    `${app.origin}/api/mcp/trpc/mcp.events.subscribe?input=${query(stolen)}&sessionId=${sessions.live}`,
    {
      headers: { cookie: `user=${stranger}`, "last-event-id": "0-0" },
      signal: controller.signal,
    },
  );
  let text = "";
  const reading = (async () => {
    for await (const chunk of response.body ?? []) text += new TextDecoder().decode(chunk);
  })().catch(() => undefined);
  await clientOf(app.origin, stranger).connections.connect.mutate({ serverUrl: modern.url, serverId: "seen" });
  await foreign.until(({ type }) => type === "tools_discovered");
  await expect.poll(() => text).toContain("seen");
  controller.abort();
  await reading;
  const ofOwner = own.seen.filter((event) => event.sessionId === sessions.live);
  expect(ofOwner.length).toBeGreaterThan(10);
  for (const seen of [text, JSON.stringify(foreign.seen)]) {
    for (const sessionId of Object.values(sessions)) expect(seen).not.toContain(sessionId);
    expect(seen).not.toContain("Owner's");
  }
  own.stop();
  foreign.stop();
});

test("agency-swarm#734, OpenFn#3326: two users of one server see and call only their own tools, in any order of calls", async () => {
  const people = await Promise.all(
    ["ada", "grace"].map(async (name) => {
      const { connections, tools } = clientOf(app.origin, `${name}-${randomUUID()}`);
      const { sessionId } = await connections.connect.mutate({
        serverUrl: personal.url,
        serverId: "personal",
        headers: { Authorization: `Bearer key_of_${name}` },
      });
      return { name, sessionId, connections, tools };
    }),
  );
  const operations = Array.from({ length: 60 }, (_, index) => async () => {
    const person = people[index % 2];
    if (!person) throw new Error("There is no such person");
    const { name, sessionId, connections, tools } = person;
    if (index % 10 < 2) await connections.reconnect.mutate({ sessionId });
    const [tool, ...others] = await tools.list.query({ sessionId });
    expect([tool?.name, others]).toEqual([`key_of_${name}`, []]);
    const called = await tools.call.mutate({ sessionId, name: `key_of_${name}`, arguments: {} });
    expect(called).toMatchObject({ content: [{ text: `key_of_${name}` }] });
    const other = people[1 - (index % 2)]?.name;
    await expect(tools.call.mutate({ sessionId, name: `key_of_${other}`, arguments: {} })).rejects.toThrow();
  });
  for (let at = 0; at < operations.length; at += 6) {
    await Promise.all(operations.slice(at, at + 6).map((operation) => operation()));
  }
});

test("none of these attempts has changed anything", async () => {
  expect(await clientOf(app.origin, owner).connections.list.query()).toMatchObject([
    { sessionId: sessions.live, state: "CONNECTED" },
    { sessionId: sessions.waiting, state: "AUTHENTICATING" },
  ]);
  const works = await ways["tools.call"]?.(sessions.live, owner);
  expect(works).toMatchObject({ status: 200, text: expect.stringContaining("42") });
});
