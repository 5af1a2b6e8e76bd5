import type { RequestListener } from "node:http";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { fetchFrom } from "../../samples.fixture.js";
import { discoverAuthorizationServer } from "./discovery.js";

const rules = { appOrigin: "https://app.example", named: [] };

/** A server whose challenge names resource metadata, by default at the server's own address. */
async function discoverAt(listener: RequestListener, resourceMetadataUrl?: string) {
  const { origin, host, close } = await startLoopbackServer(listener);
  onTestFinished(close);
  const metadata = resourceMetadataUrl ?? `${origin}/.well-known/oauth-protected-resource/mcp`;
  const fetch = fetchFrom([host]);
  const challenge = { resourceMetadataUrl: metadata, scope: null };
  return { origin, discovery: discoverAuthorizationServer(`${origin}/mcp`, challenge, fetch, rules) };
}

test("without resource metadata, the server's own address is used, as before RFC 9728", async () => {
  const { origin, discovery } = await discoverAt((_request, response) => void response.writeHead(404).end());
  expect(new URL((await discovery).issuer).origin).toBe(origin);
});

test("when resource metadata cannot be fetched, discovery fails instead of guessing", async () => {
  const { discovery } = await discoverAt((request, response) => {
    if (request.url?.includes("oauth-protected-resource")) request.socket.destroy();
    else response.writeHead(404).end();
  });
  await expect(discovery).rejects.toMatchObject({ code: "SERVER_UNREACHABLE", retryable: true });
});

test("resource metadata outside the server's own origin is not requested, whatever the challenge says", async () => {
  const asked: string[] = [];
  const other = await startLoopbackServer((request, response) => {
    asked.push(request.url ?? "");
    response.end("{}");
  });
  onTestFinished(other.close);
  const { discovery } = await discoverAt(
    (_request, response) => void response.writeHead(404).end(),
    `${other.origin}/metadata`,
  );
  await expect(discovery).rejects.toMatchObject({
    code: "AUTHORIZATION_FAILED",
    message: expect.stringContaining("is not set up correctly"),
  });
  expect(asked).toEqual([]);
});

test("the revocation endpoint in an OpenID provider's document is found, too", async () => {
  const { origin, discovery } = await discoverAt((request, response) => {
    if (!request.url?.includes("openid-configuration")) return void response.writeHead(404).end();
    const issuer = `http://${request.headers.host}`;
    const endpoints = Object.fromEntries(
      ["authorization", "token", "revocation"].map((name) => [`${name}_endpoint`, `${issuer}/${name}`]),
    );
    const required = { subject_types_supported: ["public"], id_token_signing_alg_values_supported: ["ES256"] };
    const offered = { response_types_supported: ["code"], code_challenge_methods_supported: ["S256"] };
    response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks`, ...endpoints, ...required, ...offered }));
  });
  expect((await discovery).authorizationServerMetadata).toMatchObject({ revocation_endpoint: `${origin}/revocation` });
});

test("an authorization server at a forbidden address is refused for that reason", async () => {
  const { discovery } = await discoverAt((request, response) => {
    const resource = `http://${request.headers.host}/mcp`;
    response.end(JSON.stringify({ resource, authorization_servers: ["https://169.254.169.254"] }));
  });
  await expect(discovery).rejects.toMatchObject({ code: "SERVER_URL_FORBIDDEN", retryable: false });
});
