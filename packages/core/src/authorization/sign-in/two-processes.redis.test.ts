import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Mcp } from "../../mcp.js";
import { encryptionKeys, someUser } from "../../samples.fixture.js";
import { appFor, start } from "./sign-in.fixture.js";

let server: OauthServer;
let redis: Awaited<ReturnType<typeof startRedis>>;
let apps: [Mcp, Mcp];

beforeAll(async () => {
  [server, redis] = await Promise.all([startOauthServer(), startRedis()]);
  // Two URLs of one Redis share nothing in this process, as if in two processes.
  const [one, other] = [redis.url, `${redis.url}/0`].map((storage) => appFor(server, { storage, encryptionKeys }));
  if (!one || !other) throw new Error("There are no apps");
  apps = [one, other];
});

afterAll(async () => {
  await Promise.all(apps.map((mcp) => mcp.close()));
  await Promise.all([server.close(), redis.stop()]);
});

beforeEach(() => server.resetRequests());

const registrations = () => server.requests().filter(({ path }) => path === "/reg").length;

test("eight users who sign in at once in two processes share one registration and make eight attempts", async () => {
  const sessions = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const userId = someUser();
      const { sessionId } = await (apps[index % 2] ?? apps[0]).forUser(userId).connect({ serverUrl: server.url });
      return { userId, sessionId };
    }),
  );
  const started = await Promise.all(sessions.map((session, index) => start(apps[index % 2] ?? apps[0], session)));
  expect(registrations()).toBe(1);
  expect(new Set(started.map(({ attemptId }) => attemptId)).size).toBe(8);
  const clients = started.map(({ url }) => new URL(url).searchParams.get("client_id"));
  expect(new Set(clients).size).toBe(1);
});
