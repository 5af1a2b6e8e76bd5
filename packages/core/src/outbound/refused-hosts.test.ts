import { expect, test, vi } from "vitest";
import { createMcp } from "../create-mcp.js";
import { ServerUrlForbiddenError } from "../errors.js";
import type { Log } from "../logger.js";
import { someUser } from "../samples.fixture.js";
import { AddressPolicy } from "./address-policy.js";
import { RefusedHosts } from "./refused-hosts.js";

const policy = new AddressPolicy([]);

function watching() {
  const log = vi.fn<Log>();
  const refused = new RefusedHosts(log);
  const check = (address: string) => {
    const url = new URL(address);
    expect(() => refused.watch(url, () => policy.check(url))).toThrow(ServerUrlForbiddenError);
  };
  return { log, check };
}

test("a refused server is logged once per host, as a warning with what to set", async () => {
  const logger = vi.fn();
  const mcp = createMcp({ storage: "memory", baseUrl: "http://127.0.0.1:9", logger });
  const refusal = (serverUrl: string, headers = {}) =>
    expect(mcp.forUser(someUser()).connect({ serverUrl, headers })).rejects.toMatchObject({
      code: "SERVER_URL_FORBIDDEN",
    });
  await refusal("http://localhost:9999/mcp");
  await refusal("http://localhost:9999/other");
  await refusal("http://mcp.example.com/mcp", { Authorization: "Bearer secret" });
  const entry = (host: string, pair: string) => ({
    level: "warn",
    message: "A server's address was refused",
    at: expect.any(String),
    metadata: {
      "server.address": host,
      "error.type": "SERVER_URL_FORBIDDEN",
      "mcp_redis.operator_hint": `To allow it, add "${pair}" to outbound.allowHosts.`,
    },
  });
  expect(logger.mock.calls).toEqual([
    [entry("localhost:9999", "localhost:9999")],
    [entry("mcp.example.com", "mcp.example.com:80")],
  ]);
  await mcp.close();
});

test("an address that no one can allow is not logged", () => {
  const { log, check } = watching();
  check("ftp://localhost/mcp");
  expect(log).not.toHaveBeenCalled();
});

test("users who enter many addresses fill neither the log nor the memory", () => {
  const { log, check } = watching();
  for (let port = 1; port <= 1_000; port++) check(`http://127.0.0.1:${port}/mcp`);
  expect(log).toHaveBeenCalledTimes(100);
});
