import { createServer } from "node:net";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { answerConsentPage, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { sessionStore } from "../src/index.js";
import { encryptionKeys, someUser } from "../src/samples.fixture.js";
import { inAnotherProcess } from "./default-app.js";

let redis: Awaited<ReturnType<typeof startRedis>>;
let modern: Awaited<ReturnType<typeof startModernServer>>;
let notes: Awaited<ReturnType<typeof startOauthServer>>;
let environment: Record<string, string>;
let raw: Redis;

beforeAll(async () => {
  [redis, modern, notes] = await Promise.all([startRedis(), startModernServer(), startOauthServer()]);
  raw = new Redis(redis.url);
  environment = {
    REDIS_URL: redis.url,
    MCP_ENCRYPTION_KEYS: encryptionKeys,
    APP_URL: "http://127.0.0.1:9",
    MCP_CLIENT_NAME: "An app of nothing but its environment",
    MCP_ALLOW_HOSTS: [...modern.hosts, ...notes.hosts].join(),
    MCP_CALLBACK_URLS: "http://127.0.0.1:9/oauth/callback",
  };
});
afterAll(async () => {
  raw.disconnect();
  await Promise.all([redis.stop(), modern.close(), notes.close()]);
});

const wordsIn = async () => {
  const keys = await raw.keys("*");
  const values = await Promise.all(keys.map((key) => raw.get(key).catch(() => "")));
  return `${keys.join(" ")} ${values.join(" ")}`;
};

test("one process connects, another calls with the ids alone, and another user's ids find nothing", async () => {
  const [userId, serverUrl] = [someUser(), modern.url];
  const sessionId = sessionStore.generateSessionId({ userId, serverUrl });
  const connected = await inAnotherProcess({
    environment,
    options: { userId, sessionId, serverUrl },
    action: "connect and call",
  });
  expect(connected).toMatchObject({ sessionId, redirects: [], result: { structuredContent: { sum: 42 } } });
  const { port } = new URL(redis.url);
  const inParts = { ...environment, REDIS_URL: undefined, REDIS_HOST: "127.0.0.1", REDIS_PORT: port, REDIS_DB: "0" };
  const called = await inAnotherProcess({ environment: inParts, options: { userId, sessionId }, action: "call" });
  expect(called).toMatchObject({ result: { structuredContent: { sum: 42 } } });
  const stranger = { userId: someUser(), sessionId };
  const refused = await inAnotherProcess({ environment, options: stranger, action: "call" });
  expect(refused.error).toMatchObject({ code: "SESSION_NOT_FOUND", message: "Session not found" });
  const taken = await inAnotherProcess({ environment, options: { ...stranger, serverUrl }, action: "connect" });
  expect(taken.error).toMatchObject({ code: "INVALID_INPUT" });
});

test("an id made without arguments cannot take over another user's session", async () => {
  const [userId, serverUrl] = [someUser(), modern.url];
  const sessionId = sessionStore.generateSessionId();
  await inAnotherProcess({ environment, options: { userId, sessionId, serverUrl }, action: "connect" });
  const before = await raw.get(`mcp:session:${sessionId}`);
  const options = { userId: someUser(), sessionId, serverUrl };
  const { error } = await inAnotherProcess({ environment, options, action: "connect" });
  expect(error).toMatchObject({ code: "SESSION_NOT_FOUND" });
  expect(await raw.get(`mcp:session:${sessionId}`)).toBe(before);
});

test("two processes that connect at once make one session", async () => {
  const [userId, serverUrl] = [someUser(), modern.url];
  const ids = [sessionStore.generateSessionId(), sessionStore.generateSessionId({ userId, serverUrl })];
  const done = await Promise.all(
    [...ids, ids[0]].map((sessionId) =>
      inAnotherProcess({ environment, options: { userId, sessionId, serverUrl }, action: "connect and call" }),
    ),
  );
  for (const { result } of done) expect(result).toMatchObject({ structuredContent: { sum: 42 } });
  const { result } = await inAnotherProcess({ environment, options: { userId }, action: "list" });
  expect(result).toMatchObject([{ sessionId: done[0]?.sessionId, state: "CONNECTED" }]);
});

test("a sign-in begins in one process, ends in two at once, and is used in another; Redis has no clear text", async () => {
  const [userId, serverUrl] = [someUser(), notes.url];
  const callbackUrl = "http://127.0.0.1:9/oauth/callback";
  const options = { userId, sessionId: sessionStore.generateSessionId(), serverUrl, callbackUrl };
  const { error, redirects } = await inAnotherProcess({ environment, options, action: "connect" });
  expect(error).toMatchObject({ code: "AUTHORIZATION_REQUIRED", authUrl: expect.stringContaining("/auth/start?") });
  const back = await answerConsentPage(redirects[0] ?? "");
  expect(`${back.origin}${back.pathname}`).toBe(callbackUrl);
  notes.resetRequests();
  const finish = { environment, options: { userId }, action: "finishAuth", argument: back.href } as const;
  for (const { result } of await Promise.all([inAnotherProcess(finish), inAnotherProcess(finish)])) {
    expect(result).toMatchObject({ sessionId: options.sessionId, state: "CONNECTED", toolCount: 3 });
  }
  expect(notes.requests().filter(({ grantType }) => grantType === "authorization_code")).toHaveLength(1);
  const { sessionId } = options;
  const call = { environment, options: { userId, sessionId }, action: "call", argument: "search_notes" } as const;
  expect((await inAnotherProcess(call)).result).toMatchObject({ content: expect.any(Array) });
  const stored = await wordsIn();
  expect(stored).toContain('"sealed"');
  for (const secret of ["access_token", "accessToken", "refreshToken", back.searchParams.get("code") ?? "no code"]) {
    expect(stored).not.toContain(secret);
  }
});

test("importing and making a client opens nothing, and reads no environment that could be wrong", async () => {
  let opened = 0;
  const listener = createServer((socket) => {
    opened += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void listener.close());
  const address = listener.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const options = { userId: "ada", sessionId: "a" };
  const made = { options, action: "only make it" } as const;
  const REDIS_URL = `redis://127.0.0.1:${port}`;
  expect(await inAnotherProcess({ ...made, environment: { ...environment, REDIS_URL } })).toMatchObject({ result: 24 });
  expect(await inAnotherProcess({ ...made, environment: { REDIS_URL: "nonsense" } })).toMatchObject({ result: 24 });
  expect(opened).toBe(0);
});

test.each([
  ["no Redis", { REDIS_URL: undefined }, /^REDIS_URL is not set/, /createMcp\(/],
  ["no keys", { MCP_ENCRYPTION_KEYS: undefined }, /^MCP_ENCRYPTION_KEYS is not set/, /node -p '"k1:"/],
  ["clear text", { MCP_ENCRYPTION_KEYS: "none" }, /clear text/, /node -p '"k1:"/],
  ["clear text before a key", { MCP_ENCRYPTION_KEYS: `none,k1:${"A".repeat(43)}=` }, /clear text/, /node -p '"k1:"/],
  ["a bad key", { MCP_ENCRYPTION_KEYS: "k1:AAAA" }, /3 bytes instead of 32/, /node -p '"k1:"/],
  ["no address", { APP_URL: undefined }, /^APP_URL is not set/, /https:\/\/app\.example\.com/],
  ["a port that is none", { REDIS_URL: undefined, REDIS_HOST: "h", REDIS_PORT: "six" }, /REDIS_PORT/, /digits/],
  ["a host without a port", { MCP_ALLOW_HOSTS: "localhost" }, /localhost/, /./],
])(
  "with %s in the environment, the first use says what to set, and Redis gets nothing",
  async (_what, wrong, message, hint) => {
    await raw.flushall();
    const options = { userId: "ada", sessionId: sessionStore.generateSessionId(), serverUrl: modern.url };
    const { error } = await inAnotherProcess({ environment: { ...environment, ...wrong }, options, action: "connect" });
    expect(error).toMatchObject({
      code: "CONFIGURATION_INVALID",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
    expect(await raw.dbsize()).toBe(0);
  },
);
