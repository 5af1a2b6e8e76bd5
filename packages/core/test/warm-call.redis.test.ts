import { setTimeout as pause } from "node:timers/promises";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { afterEach, beforeEach, expect, inject, onTestFinished, test, vi } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { forgetProcessWide } from "../src/process-wide.js";
import { encryptionKeys, someUser } from "../src/samples.fixture.js";
import { RedisCommands } from "../src/storage/redis/commands.js";
import { RedisDriver } from "../src/storage/redis/driver.js";
import { readRows } from "../src/storage/redis/lua/read-rows.js";
import { takeRate } from "../src/storage/redis/lua/take-rate.js";

let modern: Awaited<ReturnType<typeof startModernServer>>;

beforeEach(async () => {
  modern = await startModernServer();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await modern.close();
});

/** A client that has called before, and a record of its Redis commands from now on: the start and the end of each. */
async function warmClient() {
  const mcp = appFor(modern, { storage: inject("redisUrl"), encryptionKeys });
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: modern.url });
  const client = mcp.forUser(userId).client(sessionId);
  onTestFinished(async () => {
    await client.close();
    await mcp.close();
  });
  await client.callTool("add", { a: 1, b: 2 });
  modern.resetRequests();
  const story: string[] = [];
  const late: { ms: number } = { ms: 0 };
  const run = RedisCommands.prototype.run;
  vi.spyOn(RedisCommands.prototype, "run").mockImplementation(async function (this: RedisCommands, script, keys, args) {
    const name = script === takeRate ? "rate" : script === readRows ? "session" : "other";
    story.push(`ask ${name}`);
    const answer = await run.call(this, script, keys, args);
    if (name === "rate") await pause(late.ms);
    story.push(`got ${name}`);
    return answer;
  });
  const readPart = RedisDriver.prototype.readPart;
  vi.spyOn(RedisDriver.prototype, "readPart").mockImplementation(async function (this: RedisDriver, part) {
    story.push("ask tools");
    const answer = await readPart.call(this, part);
    story.push(`got ${answer?.length} bytes`);
    return answer;
  });
  return { mcp, client, session: { userId, sessionId }, story, late };
}

const warm = ["ask session", "ask rate", "got session", "got rate"];

test("a warm call is two commands in one round trip: session and rate", async () => {
  const { client, story } = await warmClient();
  await client.callTool("add", { a: 1, b: 2 });
  expect(story).toEqual(warm);
});

test("the first call of another client needs no more, and dials with what it has read", async () => {
  const { mcp, session, story } = await warmClient();
  const other = mcp.forUser(session.userId).client(session.sessionId);
  onTestFinished(() => other.close());
  await other.callTool("add", { a: 1, b: 2 });
  expect(story).toEqual(warm);
});

test("the first call of a process reads the start of the list at the same time, and no more than it needs", async () => {
  const { session, story } = await warmClient();
  forgetProcessWide("cache", "tools");
  const other = appFor(modern, { storage: inject("redisUrl"), encryptionKeys });
  onTestFinished(() => other.close());
  story.length = 0;
  await other.forUser(session.userId).callTool(session.sessionId, "add", { a: 1, b: 2 });
  const reads = story.filter((step) => step.endsWith(" bytes"));
  expect(story.slice(0, 3).sort()).toEqual(["ask rate", "ask session", "ask tools"]);
  // This list is short, so its start is all of it.
  expect(reads).toHaveLength(1);
  for (const [, bytes] of reads.map((step) => step.split(" "))) expect(Number(bytes)).toBeLessThanOrEqual(8_192);
});

test("a call on a session that failed temporarily reads it again once it is connected", async () => {
  const { mcp, client, session, story } = await warmClient();
  const { hosts } = modern;
  await modern.close();
  await expect(mcp.forUser(session.userId).reconnect(session.sessionId)).resolves.toMatchObject({
    state: "FAILED",
    error: { retryable: true },
  });
  modern = await startModernServer({ port: Number(hosts[0]?.split(":")[1]) });
  story.length = 0;
  expect(await client.callTool("add", { a: 1, b: 2 })).toMatchObject({ structuredContent: { sum: 3 } });
  expect(story.slice(0, 4)).toEqual(warm);
  expect(story.slice(-2)).toEqual(["ask session", "got session"]);
});

test("the server is not contacted before the call is known to be allowed", async () => {
  const { client, story, late } = await warmClient();
  late.ms = 400;
  const calling = client.callTool("add", { a: 1, b: 2 });
  await pause(250);
  expect(story).toContain("got session");
  expect(modern.requests()).toEqual([]);
  await calling;
  expect(modern.requests().map(({ rpcMethod }) => rpcMethod)).toEqual(["tools/call"]);
});
