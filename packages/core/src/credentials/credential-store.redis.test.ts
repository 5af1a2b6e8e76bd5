import { afterAll, inject } from "vitest";
import { quietly } from "../fixtures.contract.js";
import { credentialStoreContract } from "../storage/contract/credential-store.contract.js";
import { connectRedis } from "../storage/redis/connection.js";
import { RedisValueStore } from "../storage/redis/value-store.js";

const connections = connectRedis(inject("redisUrl"), quietly);

afterAll(() => connections.close());

credentialStoreContract("credentials in Redis", () => new RedisValueStore(connections));
