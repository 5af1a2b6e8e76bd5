import type { McpObservabilityEvent } from "@mcp-assistant/protocol";
import { expect, test } from "vitest";
import { createMcp } from "../../create-mcp.js";
import type { PreRegisteredClient } from "./pre-registered-client.js";

const at = (host: string, more: Partial<PreRegisteredClient> = {}): PreRegisteredClient => ({
  issuer: `https://${host}.example`,
  clientId: host,
  ...more,
});
const app = { serverOrigin: "https://mcp.example", grant: "client_credentials", clientSecret: "secret" } as const;

test.each<[string, PreRegisteredClient[], boolean]>([
  ["of one issuer", [at("a")], false],
  ["of one issuer, for two servers", [at("a"), at("a", { serverOrigin: "https://mcp.example" })], false],
  ["of two issuers", [at("a"), at("b")], true],
  ["of two issuers that differ by a slash", [at("a"), at("a", { issuer: "https://a.example/" })], true],
  ["of two issuers, one of them alone", [at("a"), at("b", { callback: "issuer" })], false],
  ["of three issuers, one of them alone", [at("a"), at("b", { callback: "issuer" }), at("c")], true],
  [
    "of an issuer and of a server whose issuer is open",
    [at("a"), { serverOrigin: "https://mcp.example", clientId: "b" }],
    true,
  ],
  ["of an issuer and of the app itself", [at("a"), at("b", app)], false],
])("clients %s: there is one warning at the start if issuers share a redirect URL", (_whose, clients, expected) => {
  const logged: McpObservabilityEvent[] = [];
  const mcp = createMcp({ storage: "memory", authorization: { clients }, logger: (event) => logged.push(event) });
  expect(logged.map(({ level }) => level)).toEqual(expected ? ["warn"] : []);
  for (const { message } of logged) {
    expect(message).toContain('callback: "issuer"');
    expect(message.length).toBeLessThanOrEqual(200);
  }
  return mcp.close();
});

test("a callback of another kind is refused", () => {
  expect(() => createMcp({ authorization: { clients: [at("a", { callback: "own" as never })] } })).toThrow(
    expect.objectContaining({
      code: "CONFIGURATION_INVALID",
      message: "authorization.clients[0].callback is not valid",
      hint: "Write one of shared, issuer.",
    }),
  );
});
