import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { createMcp } from "../create-mcp.js";
import { channelIn, encryptionKeys, progress, someRecord, someUser, workedOn } from "../samples.fixture.js";
import { encodeRecord } from "../session/session-record.js";

test("a stream notices a log that has restarted with lower ids, and continues after a snapshot", async () => {
  const own = await startRedis();
  const redis = new Redis(own.url);
  const mcp = createMcp({ storage: own.url, encryptionKeys, baseUrl: "http://127.0.0.1:9" });
  onTestFinished(async () => {
    await mcp.close();
    redis.disconnect();
    await own.stop();
  });
  const userId = someUser();
  // The lease makes the stream check the records soon.
  const record = someRecord({ userId, ...workedOn("CONNECTING", Date.now() + 1_500) });
  await redis.set(`mcp:session:${record.sessionId}`, encodeRecord(record), "EX", 60);
  await redis.sadd(`mcp:user:${userId}:sessions`, record.sessionId);
  const log = `mcp:user:${userId}:events`;
  const append = async (id: string) => {
    const event = JSON.stringify(progress(record, id));
    await redis.xadd(log, id, "p", "0-0", "e", event);
    await redis.publish(await channelIn(redis, userId), `${id} 0-0 ${event}`);
  };
  const ahead = `${Date.now() + 3_600_000}-0`;
  await append(ahead);

  const stream = await mcp.forUser(userId).subscribe();
  onTestFinished(async () => void (await stream.return?.()));
  expect((await stream.next()).value).toMatchObject({ id: ahead, event: { type: "reset" } });
  await redis.del(log);
  await append("1-1");
  const { value } = await stream.next();
  expect(value?.event).toMatchObject({ type: "reset", connections: [{ state: "FAILED" }] });
}, 15_000);
