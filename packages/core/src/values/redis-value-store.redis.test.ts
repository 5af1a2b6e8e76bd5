import { Redis } from "ioredis";
import { afterAll, inject } from "vitest";
import { RedisValueStore } from "./redis-value-store.js";
import { valueStoreContract } from "./value-store.contract.js";

const redis = new Redis(inject("redisUrl"));

afterAll(() => redis.disconnect());

valueStoreContract("values in Redis", () => new RedisValueStore(redis));
