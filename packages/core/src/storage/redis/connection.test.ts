import { expect, test } from "vitest";
import { quietly } from "../../fixtures.contract.js";
import { userTag } from "../../session/session-id.js";
import { connectRedis, isConnection } from "./connection.js";

test("nodes of a Cluster in parts make tagged keys, with the prefix that they name", () => {
  const { keys, commands, close } = connectRedis(
    { cluster: [{ host: "127.0.0.1", port: 9 }], keyPrefix: "shop:" },
    quietly,
  );
  expect(keys.userSessions("ada")).toBe(`shop:mcp:{${userTag("ada")}}:user:ada:sessions`);
  expect(commands.publish).toBe("SPUBLISH");
  close();
});

test("parts are no connection, whatever they hold", () => {
  for (const parts of ["redis://a", { host: "a" }, { cluster: [] }, {}]) expect(isConnection(parts)).toBe(false);
});
