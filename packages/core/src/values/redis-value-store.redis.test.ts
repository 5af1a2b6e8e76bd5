import { afterAll, inject } from "vitest";
import { quietly } from "../fixtures.contract.js";
import { connectRedis } from "../redis/connection.js";
import { RedisValueStore } from "./redis-value-store.js";
import { valueStoreContract } from "./value-store.contract.js";

const connections = connectRedis(inject("redisUrl"), quietly);

afterAll(() => connections.close());

valueStoreContract("values in Redis", () => new RedisValueStore(connections));
