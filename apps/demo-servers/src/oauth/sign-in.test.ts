import { request } from "node:http";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { HandWrittenClient, readTokens, registerClient } from "./hand-written-client.fixture.js";
import { Browser } from "./person.js";
import { answerConsentPage, type OauthServer, startOauthServer } from "./server.js";

let server: OauthServer;
let client: HandWrittenClient;

beforeAll(async () => {
  server = await startOauthServer();
});

beforeEach(async () => {
  client = await HandWrittenClient.register(server);
});

afterAll(() => server.close());

test("the metadata names the exact resource and issuer, and leads from one to the other", async () => {
  const { origin } = new URL(server.url);
  const resource = await (await fetch(`${origin}/.well-known/oauth-protected-resource/mcp`)).json();
  const issuer = await (await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)).json();

  expect(resource).toMatchObject({
    resource: server.url,
    authorization_servers: [server.issuer],
    scopes_supported: ["notes:read", "notes:write"],
  });
  expect(issuer).toMatchObject({
    issuer: server.issuer,
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    registration_endpoint: `${server.issuer}/reg`,
    revocation_endpoint: `${server.issuer}/token/revocation`,
  });
  expect(server.hosts).toEqual([new URL(server.url).host, new URL(server.issuer).host]);
});

test("after the user allows, the client gets a code, its state and the issuer", async () => {
  const callback = await answerConsentPage(client.authorizationUrl(), { name: "Ada" });

  expect(callback.origin + callback.pathname).toBe("http://127.0.0.1:9/callback");
  expect([...callback.searchParams.keys()].sort()).toEqual(["code", "iss", "state"]);
  expect(callback.searchParams.get("state")).toBe("the-state");
  expect(callback.searchParams.get("iss")).toBe(server.issuer);
});

test("the code is exchanged for a signed token for this MCP server and user, and a refresh token", async () => {
  const tokens = await client.signIn({ name: "  Ada   Lovelace " });
  const claims = decodeJwt(tokens.access_token);

  expect(claims).toMatchObject({ iss: server.issuer, aud: server.url, sub: "ada lovelace", scope: tokens.scope });
  expect(tokens.scope).toBe("notes:read notes:write");
  expect(tokens.expires_in).toBe(60);
  expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(60);
  expect(tokens.refresh_token).not.toBe("");
});

test("after the user denies, the client gets access_denied and the issuer", async () => {
  const callback = await answerConsentPage(client.authorizationUrl(), { decision: "deny" });

  expect(Object.fromEntries(callback.searchParams)).toMatchObject({
    error: "access_denied",
    iss: server.issuer,
    state: "the-state",
  });
  expect(callback.searchParams.has("code")).toBe(false);
});

test("every authorization asks the user again, even in the same browser", async () => {
  const browser = new Browser();
  const allowed = await answerConsentPage(client.authorizationUrl(), { name: "Ada" }, browser);
  const denied = await answerConsentPage(client.authorizationUrl(), { decision: "deny" }, browser);

  expect(allowed.searchParams.has("code")).toBe(true);
  expect(denied.searchParams.get("error")).toBe("access_denied");
});

test("an empty name is refused on the page", async () => {
  await expect(answerConsentPage(client.authorizationUrl(), { name: " " })).rejects.toThrow("Enter a name");
});

test("a decision needs the cookie of the browser that made the request", async () => {
  const asked = await fetch(client.authorizationUrl(), { redirect: "manual" });
  const page = new URL(asked.headers.get("location") ?? "", server.issuer);
  const decided = await fetch(page, { method: "POST", body: new URLSearchParams({ decision: "allow", name: "Eve" }) });

  expect(decided.status).toBe(400);
  expect(await decided.text()).toContain("belongs to another browser");
});

test("the page runs no script and cannot be framed", async () => {
  const asked = await fetch(client.authorizationUrl(), { redirect: "manual" });
  const cookie = asked.headers.getSetCookie().map((header) => header.split(";")[0]);
  const page = await fetch(new URL(asked.headers.get("location") ?? "", server.issuer), {
    headers: { cookie: cookie.join("; ") },
  });

  expect(page.status).toBe(200);
  expect(page.headers.get("cache-control")).toBe("no-store");
  expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  expect(await page.text()).not.toContain("<script");
});

test("a request under another host name is refused", async () => {
  const { hostname, port } = new URL(server.issuer);
  const status = await new Promise((resolve, reject) => {
    const headers = { host: "rebound.example" };
    request({ hostname, port, path: "/.well-known/openid-configuration", headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });

  expect(status).toBe(403);
});

test.each([
  ["no PKCE challenge", { code_challenge: undefined, code_challenge_method: undefined }, "invalid_request"],
  ["a plain PKCE challenge", { code_challenge_method: "plain" }, "invalid_request"],
  ["no resource", { resource: undefined }, "invalid_target"],
  ["another resource", { resource: "http://127.0.0.1:1/mcp" }, "invalid_target"],
  ["no known scope", { scope: "mail:read" }, "invalid_scope"],
])("a request with %s is refused", async (_case, changes, error) => {
  const callback = await answerConsentPage(client.authorizationUrl(changes));

  expect(callback.searchParams.get("error")).toBe(error);
});

test("an unregistered redirect URI is not followed", async () => {
  const url = client.authorizationUrl({ redirect_uri: "http://127.0.0.1:9/elsewhere" });

  await expect(answerConsentPage(url)).rejects.toThrow("This sign-in cannot continue");
});

test("a code does not work without its verifier, and works only once", async () => {
  const callback = await answerConsentPage(client.authorizationUrl());
  const code = callback.searchParams.get("code") ?? "";

  expect((await client.exchange(code, "x".repeat(43))).status).toBe(400);
  const again = await answerConsentPage(client.authorizationUrl());
  const good = again.searchParams.get("code") ?? "";
  await readTokens(await client.exchange(good));
  expect((await client.exchange(good)).status).toBe(400);
});

test.each([
  ["a loopback http address", {}],
  ["a loopback http address as a native client", { application_type: "native" }],
  ["a secret", { token_endpoint_auth_method: "client_secret_basic" }],
  ["the scopes it will ask for", { scope: "notes:read notes:write offline_access" }],
])("a client may register with %s", async (_case, metadata) => {
  expect((await registerClient(server, metadata)).status).toBe(201);
});

test.each([
  ["a scope that does not exist", { scope: "mail:read" }],
  ["no redirect URI", { redirect_uris: [] }],
  ["a remote http address as a native client", { application_type: "native", redirect_uris: ["http://a.example/cb"] }],
])("a client may not register with %s", async (_case, metadata) => {
  expect((await registerClient(server, metadata)).status).toBe(400);
});
