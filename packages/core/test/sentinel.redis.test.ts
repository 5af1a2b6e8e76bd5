import { startRedisSentinel } from "@mcp-assistant/testkit/redis-sentinel";
import { afterAll } from "vitest";
import { listensOnContract, storageContracts } from "./many-servers.js";

const redis = await startRedisSentinel({ settings: ["appendfsync everysec"] });
const storage = { sentinels: redis.sentinels, name: redis.name };

afterAll(() => redis.stop());

storageContracts("a Redis behind Sentinel", storage);

listensOnContract("a Redis behind Sentinel", storage, () => redis.killMaster());
