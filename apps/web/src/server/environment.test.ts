import { afterEach, expect, test, vi } from "vitest";
import { demoServers } from "./demo-servers";
import { attemptTtl, baseUrl, cookieSecret, trustProxy } from "./environment";

afterEach(() => vi.unstubAllEnvs());

test.each([
  ["MCP_BASE_URL", baseUrl, "", "MCP_BASE_URL is not set"],
  ["MCP_BASE_URL", baseUrl, "localhost", "MCP_BASE_URL is not a URL"],
  ["MCP_COOKIE_SECRET", cookieSecret, "", "MCP_COOKIE_SECRET is not set"],
  ["MCP_COOKIE_SECRET", cookieSecret, "hunter2", "MCP_COOKIE_SECRET is too short"],
  ["MCP_ATTEMPT_TTL_S", attemptTtl, "ten", 'MCP_ATTEMPT_TTL_S is "ten"'],
  ["MCP_ATTEMPT_TTL_S", attemptTtl, "1.5", 'MCP_ATTEMPT_TTL_S is "1.5"'],
  ["MCP_TRUST_PROXY", trustProxy, "yes", 'MCP_TRUST_PROXY is "yes"'],
  ["MCP_TRUST_PROXY", trustProxy, "11", 'MCP_TRUST_PROXY is "11"'],
  ["MCP_DEMO_SERVERS", demoServers, "{", "MCP_DEMO_SERVERS is not JSON"],
  ["MCP_DEMO_SERVERS", demoServers, '[{"name":"a"}]', "MCP_DEMO_SERVERS is not a list of servers"],
])("%s: an unusable value is refused with its name and a hint", (name, read, value, message) => {
  vi.stubEnv(name, value);
  const refused = { code: "CONFIGURATION_INVALID", message, hint: expect.stringMatching(/^[\w`].{15,}\.$/) };
  expect(read).toThrow(expect.objectContaining(refused));
});

test("optional settings may be unset", () => {
  expect(attemptTtl()).toBeUndefined();
  expect(trustProxy()).toBe(0);
  expect(demoServers()).toEqual([]);
});
