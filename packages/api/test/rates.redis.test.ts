import { randomUUID } from "node:crypto";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { eventually } from "@mcp-assistant/testing/eventually";
import type {} from "@mcp-assistant/testkit/provided-context";
import { isTRPCClientError } from "@trpc/client";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { McpAppRouter } from "../src/index.js";
import { type App, clientOf, openSignIn, startApp } from "./app.js";

const newUser = () => `user-${randomUUID()}`;

// One more every 20 s: slow enough that the speed of this machine does not matter.
const limits = { connectsPerMinute: 3, signInsPerMinute: 3, callsPerMinute: 3, streamsPerMinute: 3 };

let modern: Awaited<ReturnType<typeof startModernServer>>;
let notes: Awaited<ReturnType<typeof startOauthServer>>;
let apps: [App, App];

beforeAll(async () => {
  [modern, notes] = await Promise.all([startModernServer(), startOauthServer()]);
  const options = { storage: inject("redisUrl"), allowHosts: [...modern.hosts, ...notes.hosts], limits };
  const first = await startApp(options);
  apps = [first, await startApp({ ...options, baseUrl: first.origin })];
});
afterAll(async () => {
  await Promise.all([...apps.map((app) => app.stop()), modern.close(), notes.close()]);
});

/** The details of an error of our procedures, and the header that came with it. */
function detailsOf(error: unknown) {
  if (!isTRPCClientError<McpAppRouter>(error)) throw error;
  const response = error.meta?.response;
  const header = response instanceof Response ? response.headers.get("retry-after") : undefined;
  return { status: error.data?.httpStatus, mcp: error.data?.mcp, header };
}

/** Runs it `count` times at once, alternating between the two processes. Returns the refusals. */
async function atOnce(count: number, run: (app: App, index: number) => Promise<unknown>) {
  const outcomes = await Promise.allSettled(
    Array.from({ length: count }, (_, index) => run(apps[index % 2 === 0 ? 0 : 1], index)),
  );
  return outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [detailsOf(outcome.reason)] : []));
}

const secondsHint = (seconds: string | number | null | undefined) =>
  `Try again in ${seconds} second${Number(seconds) === 1 ? "" : "s"}.`;

test("two processes share one count of a user's connects: 429, with the time to wait", async () => {
  const [user, other] = [newUser(), newUser()];
  const connect = (app: App, as: string, serverId: string) =>
    clientOf(app.origin, as).connections.connect.mutate({ serverUrl: modern.url, serverId });
  const refused = await atOnce(12, (app, index) => connect(app, user, `server-${index}`));
  expect(refused).toHaveLength(9);
  for (const { status, mcp, header } of refused) {
    expect(status).toBe(429);
    expect(mcp).toMatchObject({
      code: "RATE_LIMITED",
      message: "Too many attempts to connect: this app allows 3 a minute",
      retryable: true,
    });
    const ms = mcp?.retryAfter ?? 0;
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(20_000);
    expect(Number.isInteger(ms)).toBe(true);
    expect(header).toBe(String(Math.ceil(ms / 1_000)));
    expect(mcp?.hint).toBe(secondsHint(header));
  }
  expect(await clientOf(apps[1].origin, user).connections.list.query()).toHaveLength(3);
  for (const app of apps) expect(await connect(app, other, "mine")).toMatchObject({ state: "CONNECTED" });
});

test("two processes share one count of a user's calls, and another user's calls still work", async () => {
  const [user, other] = [newUser(), newUser()];
  const connect = (as: string) => clientOf(apps[0].origin, as).connections.connect.mutate({ serverUrl: modern.url });
  const [{ sessionId }, theirs] = await Promise.all([connect(user), connect(other)]);
  const call = (app: App, as: string, session: string) =>
    clientOf(app.origin, as).tools.call.mutate({ sessionId: session, name: "add", arguments: { a: 1, b: 2 } });
  const refused = await atOnce(10, (app) => call(app, user, sessionId));
  expect(refused.map(({ mcp }) => mcp?.code)).toEqual(Array(7).fill("RATE_LIMITED"));
  for (const app of apps) expect((await call(app, other, theirs.sessionId)).isError).toBeFalsy();
});

test("one sign-in too many gets a page that says when to try again", async () => {
  const user = newUser();
  const { authUrl } = await clientOf(apps[0].origin, user).connections.connect.mutate({ serverUrl: notes.url });
  for (let count = 0; count < 3; count++) expect((await openSignIn(authUrl ?? "", user)).response.status).toBe(303);
  const { response } = await openSignIn(authUrl ?? "", user);
  expect(response.status).toBe(429);
  const header = Number(response.headers.get("retry-after"));
  expect(header).toBeGreaterThan(0);
  expect(header).toBeLessThanOrEqual(20);
  const text = await response.text();
  expect(text).toContain("Too many sign-ins: this app allows 3 a minute");
  expect(text).toContain(secondsHint(header));
  expect(await clientOf(apps[1].origin, user).connections.list.query()).toMatchObject([{ state: "AUTHENTICATING" }]);
});

test("one event stream too many is refused in the stream, with the time to wait", async () => {
  const user = newUser();
  const open = (app: App) => {
    const seen: unknown[] = [];
    const subscription = clientOf(app.origin, user).events.subscribe.subscribe(undefined, {
      onData: ({ data }) => void seen.push(data.type),
      onError: (error) => void seen.push(error.data?.mcp),
    });
    return eventually(() => seen[0]).finally(() => subscription.unsubscribe());
  };
  const opened: unknown[] = [];
  for (let count = 0; count < 4; count++) opened.push(await open(apps[count % 2 === 0 ? 0 : 1]));
  expect(opened).toEqual([
    "reset",
    "reset",
    "reset",
    expect.objectContaining({ code: "RATE_LIMITED", retryable: true, retryAfter: expect.any(Number) }),
  ]);
});
