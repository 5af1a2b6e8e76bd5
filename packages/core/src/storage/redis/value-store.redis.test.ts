import { afterAll, inject } from "vitest";
import { quietly } from "../../fixtures.contract.js";
import { valueStoreContract } from "../contract/value-store.contract.js";
import { connectRedis } from "./connection.js";
import { RedisValueStore } from "./value-store.js";

const connections = connectRedis(inject("redisUrl"), quietly);

afterAll(() => connections.close());

valueStoreContract("values in Redis", () => new RedisValueStore(connections));
