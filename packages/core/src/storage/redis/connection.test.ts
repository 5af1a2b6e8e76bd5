import { expect, test } from "vitest";
import { silentSettings } from "../../samples.fixture.js";
import { userTag } from "../../session/session-id.js";
import { connectRedis, isConnection } from "./connection.js";

test("parts with Cluster nodes make tagged keys with the given prefix", () => {
  const { keys, name, close } = connectRedis(
    { cluster: [{ host: "127.0.0.1", port: 9 }], keyPrefix: "shop:" },
    silentSettings,
  );
  expect(keys.index("ada", "session")).toBe(`shop:mcp:{${userTag("ada")}}:user:ada:sessions`);
  expect(name).toBe("Redis Cluster 127.0.0.1:9 shop:");
  close();
});

test("parts are never taken for a connection", () => {
  for (const parts of [{ host: "a" }, { cluster: [] }, {}, { duplicate: true, isCluster: true }])
    expect(isConnection(parts)).toBe(false);
});
