import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { encryptionKeys, someUser } from "../src/samples.fixture.js";
import { startWorkingServer } from "./working-server.js";

/** Two processes with one Redis: the app is made twice, with connections of its own. */
async function twoProcesses(steps: number) {
  const redis = await startRedis();
  const server = await startWorkingServer({
    era: "legacy",
    work: async ({ progress }) => {
      for (let step = 1; step <= steps; step += 1) await progress(step, { total: steps, message: "private words" });
      return "done";
    },
  });
  const open = (path: string) => {
    const mcp = appFor(
      { hosts: [server.host] },
      // Two addresses of one Redis are two storages to a process.
      { storage: redis.url.replace("127.0.0.1", path), encryptionKeys },
    );
    onTestFinished(() => mcp.close());
    return mcp;
  };
  const [here, there, raw] = [open("127.0.0.1"), open("localhost"), new Redis(redis.url)];
  onTestFinished(async () => {
    raw.disconnect();
    await redis.stop();
  });
  const userId = someUser();
  const { sessionId } = await here.forUser(userId).connect({ serverUrl: server.url });
  return { here, there, raw, userId, sessionId };
}

test("a call in one process is reported to a stream in another, and nothing of it is stored", async () => {
  const { here, there, raw, userId, sessionId } = await twoProcesses(50);
  const [own, stranger] = [await there.forUser(userId).subscribe(), await there.forUser(someUser()).subscribe()];
  const first = (await own.next()).value;
  await stranger.next();
  const strangers = vi.fn();
  void stranger.next().then(({ done }) => done || strangers());

  const calling = here.forUser(userId).callTool(sessionId, "work", {}, { callId: "mine" });
  const reported: number[] = [];
  while (reported.at(-1) !== 50) {
    const { id, event } = (await own.next()).value ?? expect.fail("The stream has ended");
    if (event.type !== "call_progress") continue;
    expect([id, event.callId, event.sessionId, event.total]).toEqual([first?.id, "mine", sessionId, 50]);
    reported.push(event.progress);
  }
  expect(await calling).toMatchObject({ content: [{ text: "done" }] });
  expect(reported).toEqual([...reported].sort((a, b) => a - b));

  const log = (await raw.keys("*:events")).filter((key) => key.includes(encodeURIComponent(userId)));
  expect(log).toHaveLength(1);
  expect(JSON.stringify(await raw.xrange(log[0] ?? "", "-", "+"))).not.toMatch(/call_progress|private words/);
  for (const key of await raw.keys("*")) {
    if ((await raw.type(key)) === "string") expect(await raw.get(key)).not.toContain("private words");
  }
  // Its id is that of the last entry of the log, so a stream resumes there and misses nothing.
  const resumed = await there.forUser(userId).subscribe({ lastEventId: first?.id });
  await here.forUser(userId).rename(sessionId, "Another name");
  expect((await resumed.next()).value?.event.type).toBe("state_changed");
  expect(strangers).not.toHaveBeenCalled();
  await Promise.all([own, stranger, resumed].map((stream) => stream.return?.()));
});

test("a call goes on when its progress cannot be reported", async () => {
  const { here, raw, userId, sessionId } = await twoProcesses(5);
  await raw.call("ACL", "SETUSER", "default", "-publish");
  onTestFinished(async () => void (await raw.call("ACL", "SETUSER", "default", "+publish")));
  const heard = vi.fn();
  const options = { callId: "mine", onProgress: heard };
  expect(await here.forUser(userId).callTool(sessionId, "work", {}, options)).toMatchObject({
    content: [{ text: "done" }],
  });
  expect(heard).toHaveBeenCalledTimes(5);
});
