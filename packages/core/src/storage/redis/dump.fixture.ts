import type { Redis } from "ioredis";

/** All keys of a Redis with their values as JSON. */
export async function dump(redis: Redis): Promise<[key: string, text: string][]> {
  const readers: Record<string, (key: string) => Promise<unknown>> = {
    string: (key) => redis.get(key),
    set: (key) => redis.smembers(key),
    stream: (key) => redis.xrange(key, "-", "+"),
  };
  const keys: string[] = [];
  for await (const batch of redis.scanStream({ count: 1_000 })) keys.push(...batch);
  const read = async (key: string) => {
    const type = await redis.type(key);
    const reader = readers[type];
    if (!reader) throw new Error(`${key} is a ${type}, which this test cannot read`);
    return [key, JSON.stringify(await reader(key))] as [string, string];
  };
  return Promise.all(keys.map(read));
}
