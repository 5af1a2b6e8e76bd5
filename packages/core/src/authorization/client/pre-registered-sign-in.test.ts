import { generateKeyPairSync } from "node:crypto";
import { type OauthServer, type OauthServerOptions, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Mcp } from "../../mcp.js";
import { revealed, someUser } from "../../samples.fixture.js";
import { startGuardedServer, startPlainAuthorizationServer } from "../plain-authorization-server.fixture.js";
import {
  appFor,
  callbackOf,
  finish,
  type OpenSignIn,
  openSignIn,
  outdateTokens,
  revocations,
  signedIn,
  storedCredentials,
  tokenRequests,
} from "../sign-in/sign-in.fixture.js";
import type { PreRegisteredClient } from "./pre-registered-client.js";

const redirect_uris = ["http://127.0.0.1:9/api/mcp/auth/callback"];
const client_id = "by-hand";
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const pemOf = ({ privateKey }: typeof ec) => String(privateKey.export({ format: "pem", type: "pkcs8" }));
const jwksOf = ({ publicKey }: typeof ec) => ({ keys: [publicKey.export({ format: "jwk" })] });

/** Contains every character that could be misread in one of the ways to send it. */
const client_secret = "a:b%20+c d/e=f&g%".padEnd(40, "x");

type Known = NonNullable<OauthServerOptions["clients"]>[number];

/** What the authorization server knows about a client, and what the app's configuration says about it. */
const ways: [string, Partial<Known>, Partial<PreRegisteredClient>][] = [
  ["no secret", { token_endpoint_auth_method: "none" }, {}],
  ["a secret", { token_endpoint_auth_method: "client_secret_basic", client_secret }, { clientSecret: client_secret }],
  [
    "a secret in the body",
    { token_endpoint_auth_method: "client_secret_post", client_secret },
    { clientSecret: client_secret, tokenEndpointAuthMethod: "client_secret_post" },
  ],
  [
    "an EC key",
    { token_endpoint_auth_method: "private_key_jwt", jwks: jwksOf(ec) },
    { privateKey: pemOf(ec), tokenEndpointAuthMethod: "private_key_jwt" },
  ],
  ["an RSA key", { token_endpoint_auth_method: "private_key_jwt", jwks: jwksOf(rsa) }, { privateKey: pemOf(rsa) }],
];

/** An authorization server that knows one client and does not accept registrations. */
async function startServer(known: Partial<Known>, options: OauthServerOptions = {}): Promise<OauthServer> {
  const grant_types = ["authorization_code", "refresh_token"];
  const server = await startOauthServer({
    registration: false,
    clients: [{ client_id, redirect_uris, grant_types, ...known }],
    ...options,
  });
  onTestFinished(() => server.close());
  return server;
}

const configured = ({ issuer }: OauthServer, client: Partial<PreRegisteredClient>) => ({
  authorization: { clients: [{ issuer, clientId: client_id, ...client }] },
});

const answered = (server: OauthServer, path: string) =>
  server.requests().flatMap((request) => (request.path === path ? [request.status] : []));

const call = (mcp: Mcp, session: OpenSignIn) =>
  mcp.forUser(session.userId).client(session.sessionId).callTool("search_notes", { query: "" });

describe.each(ways)("a client that authenticates with %s", (_way, known, client) => {
  test("signs users in, refreshes and revokes their tokens, and its secret or key is not stored", async () => {
    const server = await startServer(known);
    const mcp = appFor(server, configured(server, client));
    const session = await signedIn(mcp, server);
    expect(new URL(session.url).searchParams.get("client_id")).toBe(client_id);
    const { credentials } = await storedCredentials(session);
    expect(revealed(credentials.signIn.client)).toEqual({ client_id, preregistered: { grant: "authorization_code" } });
    await outdateTokens(session);
    await call(mcp, session);
    expect(tokenRequests(server, "refresh_token")).toBe(1);
    await mcp.forUser(session.userId).signOut(session.sessionId);
    expect(answered(server, "/token/revocation")).toEqual([200]);
    expect(new Set(answered(server, "/token"))).toEqual(new Set([200]));
    expect(answered(server, "/reg")).toEqual([]);
  });
});

const [, basic, ofBasic] = ways[1] ?? ["", {}, {}];

test("the exchange uses the secret in the current configuration, so it can be replaced while a sign-in is open", async () => {
  const server = await startServer(basic);
  const signIn = await openSignIn(appFor(server, configured(server, { clientSecret: "the old one" })), server);
  const mcp = appFor(server, configured(server, ofBasic));
  await finish(mcp, await callbackOf(signIn));
  expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({ state: "CONNECTED" });
});

test("a wrong secret is reported as a problem for the operator, and users are not asked to sign in again", async () => {
  const server = await startServer(basic);
  const wrong = appFor(server, configured(server, { clientSecret: "a typo" }));
  const signIn = await openSignIn(wrong, server);
  await finish(wrong, await callbackOf(signIn));
  const error = { code: "AUTHORIZATION_FAILED", operatorHint: expect.stringContaining("authorization.clients") };
  expect(await wrong.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({ state: "FAILED", error });
  expect(JSON.stringify(await wrong.forUser(signIn.userId).get(signIn.sessionId))).not.toContain("a typo");
});

test("a sign-in survives a secret that is wrong for a while", async () => {
  const server = await startServer(basic);
  const right = appFor(server, configured(server, ofBasic));
  const session = await signedIn(right, server);
  await outdateTokens(session);
  const wrong = appFor(server, configured(server, { clientSecret: "a typo" }));
  await expect(call(wrong, session)).rejects.toMatchObject({ code: "AUTHORIZATION_FAILED" });
  expect((await call(right, session)).structuredContent).toEqual({ notes: [] });
  expect(revocations(server)).toBe(0);
});

test("a client that is no longer in the configuration is reported as missing", async () => {
  const server = await startServer(basic);
  const session = await signedIn(appFor(server, configured(server, ofBasic)), server);
  await outdateTokens(session);
  const without = appFor(server);
  const error = {
    code: "AUTHORIZATION_REQUIRED",
    message: expect.stringContaining("This app can no longer use your sign-in"),
    hint: expect.stringMatching(/^Sign in again\./),
    operatorHint: expect.stringContaining("authorization.clients"),
  };
  await expect(call(without, session)).rejects.toMatchObject(error);
  expect(await without.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "FAILED", error });
});

test("a client is used at the issuer it was registered with, and at no other", async () => {
  const server = await startServer(basic);
  const { origin } = new URL(server.url);
  const elsewhere = { ...ofBasic, issuer: "https://auth.example.com", serverOrigin: origin };
  const mcp = appFor(server, configured(server, elsewhere));
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const starting = mcp.forUser(userId).authorization.start(sessionId);
  await expect(starting).rejects.toMatchObject({
    code: "AUTHORIZATION_FAILED",
    operatorHint: expect.stringMatching(
      /https:\/\/auth\.example\.com, but the server names http:\/\/127\.0\.0\.1:\d+\./,
    ),
  });
  expect([...answered(server, "/token"), ...answered(server, "/reg"), ...answered(server, "/auth")]).toEqual([]);
});

test("a client for one server takes precedence over the one for every server of its issuer", async () => {
  const server = await startServer(basic);
  const { issuer } = server;
  const clients = [
    { issuer, clientId: "for-every-server" },
    { issuer, serverOrigin: new URL(server.url).origin, clientId: client_id, ...ofBasic },
    { issuer, serverOrigin: "https://mcp.example.com", clientId: "for-another-server" },
  ];
  const { url } = await signedIn(appFor(server, { authorization: { clients } }), server);
  expect(new URL(url).searchParams.get("client_id")).toBe(client_id);
});

test("the configured scope is requested if the server names none", async () => {
  const { issuer, host, close } = await startPlainAuthorizationServer();
  onTestFinished(close);
  const guarded = await startGuardedServer({ issuer: () => issuer, accepts: () => false });
  onTestFinished(guarded.close);
  const server = { url: guarded.url, hosts: [guarded.host, host] };
  const clients = [{ issuer, clientId: "by-hand", scope: "notes:read" }];
  const { url } = await openSignIn(appFor(server, { authorization: { clients } }), server);
  expect(new URL(url).searchParams.get("scope")).toBe("notes:read");
});

test("if there is no way to get a client, the operator is told what to register and where to configure it", async () => {
  const server = await startServer(basic);
  const mcp = appFor(server);
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const error = {
    code: "AUTHORIZATION_FAILED",
    message: `${new URL(server.issuer).host} could not register this app`,
    operatorHint:
      `Register a client for the redirect URL ${redirect_uris[0]} at ${server.issuer}, ` +
      "then add it to authorization.clients with that issuer.",
  };
  await expect(mcp.forUser(userId).authorization.start(sessionId)).rejects.toMatchObject(error);
});
