import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { SingleSubscriber } from "./subscriber.js";

test("all of 2 500 channels are subscribed again after the connection was cut", async () => {
  const own = await startRedis();
  const [redis, admin] = [new Redis(own.url, { autoResubscribe: false, lazyConnect: true }), new Redis(own.url)];
  redis.on("error", () => undefined);
  const [restored, message] = [new Set<string>(), vi.fn()];
  const listener = {
    message,
    restored: (channels: readonly string[]) => {
      for (const channel of channels) restored.add(channel);
    },
  };
  const subscriber = new SingleSubscriber(redis, listener);
  onTestFinished(async () => {
    subscriber.close();
    admin.disconnect();
    await own.stop();
  });
  const channels = Array.from({ length: 2_500 }, (_, index) => `channel-${index}`);
  await Promise.all(channels.map((channel) => subscriber.subscribe(channel)));
  await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
  await vi.waitFor(() => expect(restored.size).toBe(channels.length));
  await admin.publish("channel-2499", "still there");
  await vi.waitFor(() => expect(message).toHaveBeenCalledWith("channel-2499", "still there"));
});
