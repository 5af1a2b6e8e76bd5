import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { SingleSubscriber } from "./subscriber.js";

test("however many channels a connection listens to, all are heard again after it was cut", async () => {
  const own = await startRedis();
  const [redis, admin] = [new Redis(own.url, { autoResubscribe: false, lazyConnect: true }), new Redis(own.url)];
  redis.on("error", () => undefined);
  const [restored, message] = [new Set<string>(), vi.fn()];
  const heard = {
    message,
    restored: (channels: readonly string[]) => {
      for (const channel of channels) restored.add(channel);
    },
  };
  const subscriber = new SingleSubscriber(redis, heard);
  onTestFinished(async () => {
    subscriber.close();
    admin.disconnect();
    await own.stop();
  });
  const channels = Array.from({ length: 2_500 }, (_, index) => `channel-${index}`);
  await Promise.all(channels.map((channel) => subscriber.subscribe(channel)));
  await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
  await vi.waitFor(() => expect(restored.size).toBe(channels.length), 5_000);
  await admin.publish("channel-2499", "still there");
  await vi.waitFor(() => expect(message).toHaveBeenCalledWith("channel-2499", "still there"));
});
