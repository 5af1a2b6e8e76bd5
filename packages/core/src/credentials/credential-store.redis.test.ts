import { afterAll, inject } from "vitest";
import { quietly } from "../fixtures.contract.js";
import { connectRedis } from "../redis/connection.js";
import { RedisValueStore } from "../values/redis-value-store.js";
import { credentialStoreContract } from "./credential-store.contract.js";

const connections = connectRedis(inject("redisUrl"), quietly);

afterAll(() => connections.close());

credentialStoreContract("credentials in Redis", () => new RedisValueStore(connections));
