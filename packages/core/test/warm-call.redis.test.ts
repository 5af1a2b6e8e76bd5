import { setTimeout as pause } from "node:timers/promises";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { afterEach, beforeEach, expect, inject, onTestFinished, test, vi } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.contract.js";
import { encryptionKeys, someUser } from "../src/fixtures.contract.js";
import { RedisCommands } from "../src/storage/redis/commands.js";
import { readSessions } from "../src/storage/redis/lua/read-sessions.js";
import { takeRate } from "../src/storage/redis/lua/take-rate.js";

let modern: Awaited<ReturnType<typeof startModernServer>>;

beforeEach(async () => {
  modern = await startModernServer();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await modern.close();
});

/** A client that has called before, and what it asks Redis from now on: the start and the end of each script. */
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
  vi.spyOn(RedisCommands.prototype, "run").mockImplementation(async function (this: RedisCommands, script, ...rest) {
    const name = script === takeRate ? "rate" : script === readSessions ? "session" : "other";
    story.push(`ask ${name}`);
    const answer = await run.call(this, script, ...rest);
    if (script === takeRate) await pause(late.ms);
    story.push(`got ${name}`);
    return answer;
  });
  return { client, story, late };
}

test("a warm call is counted in the round trip that reads its session", async () => {
  const { client, story } = await warmClient();
  await client.callTool("add", { a: 1, b: 2 });
  expect(story.slice(0, 4)).toEqual(["ask session", "ask rate", "got session", "got rate"]);
  expect(story.filter((step) => step === "ask rate")).toHaveLength(1);
});

test("the server is asked nothing before it is known whether the call may go", async () => {
  const { client, story, late } = await warmClient();
  late.ms = 400;
  const calling = client.callTool("add", { a: 1, b: 2 });
  await pause(250);
  expect(story).toContain("got session");
  expect(modern.requests()).toEqual([]);
  await calling;
  expect(modern.requests().map(({ rpcMethod }) => rpcMethod)).toEqual(["tools/call"]);
});
