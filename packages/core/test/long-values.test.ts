import type { McpSessionError } from "@mcp-assistant/protocol";
import { ProtocolError } from "@modelcontextprotocol/client";
import { expect, test } from "vitest";
import { clientRefused } from "../src/authorization/client/choice.js";
import { checkMetadata, checkReachedSafely } from "../src/authorization/discovery/server-metadata.js";
import { ScopeChallengeError } from "../src/authorization/step-up.js";
import { AddressPolicy } from "../src/outbound/address-policy.js";
import { shownHost } from "../src/outbound/shown-host.js";
import { unreachable } from "../src/outbound/unreachable.js";
import { asConnectionError, invalidAnswer, outputMismatch, speaksOnlyHttpSse } from "../src/server/server-error.js";

const long = "x".repeat(100_000);
const url = new URL(`http://${long}.local:81/${long}`);
const policy = new AddressPolicy([]);
const circumstances = {
  url,
  step: "connect",
  seconds: 1,
  grantedScope: null,
  admittedBy: "sign-in",
  awaited: undefined,
  hasSession: false,
} as const;

function thrownBy(act: () => unknown): McpSessionError {
  try {
    act();
  } catch (error) {
    return error as McpSessionError;
  }
  throw new Error("Nothing was thrown");
}

const failure = { url, cause: new Error(long), late: false, begun: false };

test.each<[string, () => McpSessionError]>([
  ["a host that is not public", () => thrownBy(() => policy.check(url))],
  ["a host that is sent no key", () => thrownBy(() => policy.checkSecrets(url))],
  ["another scheme", () => thrownBy(() => policy.check(new URL(`${long}:nothing`)))],
  ["a port of another protocol", () => thrownBy(() => policy.check(new URL(`http://${long}.example:25`)))],
  ["a host that cannot be reached", () => unreachable(failure, false)],
  ["a host that the operator allowed", () => unreachable(failure, true)],
  ["an answer that was cut off", () => unreachable({ ...failure, begun: true }, true)],
  ["a server's own error text", () => asConnectionError(new ProtocolError(-32_603, long), circumstances)],
  ["an address that does not speak MCP", () => asConnectionError(new Error(long), circumstances)],
  ["an answer that is not MCP", () => invalidAnswer(url, new Error(long))],
  ["an older transport", () => speaksOnlyHttpSse(url)],
  ["a result that breaks its schema", () => outputMismatch(url)],
  ["a scope", () => new ScopeChallengeError(shownHost(url), { scope: long, resourceMetadataUrl: null }, null)],
  ["an issuer that refuses the app", () => clientRefused(url.href, new Error(long))],
  ["an endpoint that is not secure", () => thrownBy(() => checkReachedSafely(url, shownHost(url)))],
  ["an issuer without PKCE", () => thrownBy(() => checkMetadata(metadataOf(url.href)))],
])("100 kB of %s are cut in every text of the error", (_what, make) => {
  const { message, hint, operatorHint = "" } = make();
  for (const text of [message, hint, operatorHint]) expect(text.length).toBeLessThan(400);
});

function metadataOf(issuer: string) {
  const endpoint = (path: string) => `${issuer}/${path}`;
  return {
    issuer,
    authorization_endpoint: endpoint("auth"),
    token_endpoint: endpoint("token"),
    response_types_supported: ["code"],
  };
}

test("a long host keeps its end, which says whose it is, and a usual one is whole", () => {
  expect(shownHost(`https://${"accounts.bank.example.".repeat(10)}evil.example/login`)).toMatch(
    /^….{86}\.evil\.example$/,
  );
  expect(shownHost("https://mcp.example.com:8443/mcp")).toBe("mcp.example.com:8443");
});
