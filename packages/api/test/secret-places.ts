import { trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import type { Channel } from "./secret-search.js";

/** Every value in Redis, each with its key. */
export async function dump(redis: Redis): Promise<Channel[]> {
  const readers: Record<string, (key: string) => Promise<unknown>> = {
    string: (key) => redis.get(key),
    set: (key) => redis.smembers(key),
    stream: (key) => redis.xrange(key, "-", "+"),
  };
  const keys: string[] = [];
  for await (const batch of redis.scanStream({ count: 1_000 })) keys.push(...batch);
  return Promise.all(
    keys.map(async (key) => {
      const reader = readers[await redis.type(key)];
      if (!reader) throw new Error(`This test cannot read ${key}`);
      return { name: `Redis at ${key}`, text: `${key} ${JSON.stringify(await reader(key))}` };
    }),
  );
}

/** Records everything that OpenTelemetry gets from now on. */
export function openSpans() {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  trace.setGlobalTracerProvider(provider);
  onTestFinished(async () => {
    trace.disable();
    await provider.shutdown();
  });
  const recorded = () =>
    exporter
      .getFinishedSpans()
      .map(({ name, attributes, events, status, links }) => ({ name, attributes, events, status, links }));
  return { names: () => recorded().map(({ name }) => name), text: () => JSON.stringify(recorded()) };
}
