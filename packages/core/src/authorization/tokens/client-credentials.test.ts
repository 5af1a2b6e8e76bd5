import { generateKeyPairSync } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { type OauthServer, type OauthServerOptions, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { describe, expect, onTestFinished, test } from "vitest";
import { createMcp } from "../../create-mcp.js";
import { newVersion } from "../../credentials/credentials.js";
import { partsOf } from "../../open-mcps.js";
import type { McpOptions } from "../../options/options.js";
import { someUser } from "../../samples.fixture.js";
import type { PreRegisteredClient } from "../client/pre-registered-client.js";
import { startGuardedServer, startPlainAuthorizationServer } from "../plain-authorization-server.fixture.js";
import { appFor, outdateTokens, storedCredentials } from "../sign-in/sign-in.fixture.js";
import { refreshCredentials } from "./refresh.js";

const key = generateKeyPairSync("ec", { namedCurve: "P-256" });
const [client_id, client_secret] = ["the-app-itself", "known-to-the-app-only"];
const privateKey = String(key.privateKey.export({ format: "pem", type: "pkcs8" }));

type Known = NonNullable<OauthServerOptions["clients"]>[number];

const ways: [string, Partial<Known>, Partial<PreRegisteredClient>][] = [
  ["a secret", { client_secret, token_endpoint_auth_method: "client_secret_basic" }, { clientSecret: client_secret }],
  [
    "a key",
    { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [key.publicKey.export({ format: "jwk" })] } },
    { privateKey },
  ],
];
const [, known, proof] = ways[0] ?? ["", {}, {}];

async function startServer(known: Partial<Known>, options: OauthServerOptions = {}): Promise<OauthServer> {
  const own = { client_id, redirect_uris: [], response_types: [], grant_types: ["client_credentials"], ...known };
  const server = await startOauthServer({ ...options, clients: [own, ...(options.clients ?? [])] });
  onTestFinished(() => server.close());
  return server;
}

const appOf = (server: OauthServer, client: Partial<PreRegisteredClient>, options: Partial<McpOptions> = {}) =>
  appFor(server, {
    ...options,
    authorization: {
      clients: [
        {
          serverOrigin: new URL(server.url).origin,
          issuer: server.issuer,
          clientId: client_id,
          grant: "client_credentials",
          ...client,
        },
      ],
    },
  });

const tokensAsked = (server: OauthServer) =>
  server.requests().filter(({ grantType }) => grantType === "client_credentials").length;

describe.each(ways)("an app that authenticates at a server as itself with %s", (_way, known, proof) => {
  test("connects without a user signing in, renews its token, and asks to revoke it", async () => {
    const server = await startServer(known);
    const mcp = appOf(server, proof);
    const userId = someUser();
    const { sessionId, state, authUrl } = await mcp.forUser(userId).connect({ serverUrl: server.url });
    expect({ state, authUrl }).toEqual({ state: "CONNECTED", authUrl: null });
    const session = { userId, sessionId };
    const call = () => mcp.forUser(session.userId).client(session.sessionId).callTool("search_notes", { query: "" });
    expect((await call()).structuredContent).toEqual({ notes: [] });
    expect(tokensAsked(server)).toBe(1);
    await outdateTokens(session);
    expect((await call()).structuredContent).toEqual({ notes: [] });
    expect(tokensAsked(server)).toBe(2);
    await mcp.forUser(session.userId).signOut(session.sessionId);
    const revoked = server.requests().filter(({ path }) => path === "/token/revocation");
    // The server knows the client, and says that it cannot revoke a signed token (JWT).
    expect(revoked.map(({ status }) => status)).toEqual([400]);
    expect(server.requests().filter(({ path }) => path === "/reg" || path === "/auth")).toEqual([]);
  });
});

test("a call goes on when the app has just signed in as itself once more, in its handshake or in another process", async () => {
  const server = await startServer(known);
  const mcp = appOf(server, proof);
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const deps = partsOf(mcp)();
  await deps.sessions.change(userId, sessionId, () => ({ credentials: null, handshake: null }));
  const { structuredContent } = await mcp.forUser(userId).callTool(sessionId, "search_notes", { query: "" });
  expect(structuredContent).toEqual({ notes: [] });
  const { owner, credentials } = await storedCredentials({ userId, sessionId });
  const held = { ...credentials, tv: newVersion(), flow: "an earlier one" };
  expect(await refreshCredentials(deps, owner, held)).toMatchObject({ tv: credentials.tv, flow: credentials.flow });
});

test("twenty calls that find the token too old share one token request", async () => {
  const server = await startServer(known);
  const [one, two] = [appOf(server, proof), appOf(server, proof)];
  const userId = someUser();
  const { sessionId } = await one.forUser(userId).connect({ serverUrl: server.url });
  await outdateTokens({ userId, sessionId });
  server.resetRequests();
  const calls = Array.from({ length: 20 }, (_, index) =>
    (index % 2 ? one : two).forUser(userId).client(sessionId).callTool("search_notes", { query: "" }),
  );
  expect(await Promise.all(calls)).toHaveLength(20);
  expect(tokensAsked(server)).toBe(1);
});

test.each<[string, Partial<PreRegisteredClient>, string]>([
  ["a wrong secret", { clientSecret: "a typo" }, "does not recognise this app"],
  ["a client that may not use this grant", { clientId: "another" }, "refused to sign this app in"],
  ["another issuer", { issuer: "https://auth.example.com" }, "uses an unexpected sign-in service"],
])("%s fails the connection for the operator to fix, and asks no user to sign in", async (_what, client, problem) => {
  const redirect_uris = ["https://app.example/callback"];
  const server = await startServer(known, { clients: [{ client_id: "another", client_secret, redirect_uris }] });
  const { state, authUrl, error } = await appOf(server, { ...proof, ...client })
    .forUser(someUser())
    .connect({
      serverUrl: server.url,
    });
  expect({ state, authUrl }).toEqual({ state: "FAILED", authUrl: null });
  expect(error).toMatchObject({ code: "AUTHORIZATION_FAILED", message: expect.stringContaining(problem) });
});

test("users cannot start a sign-in at a server that the app uses as itself", async () => {
  const server = await startServer(known);
  const mcp = appOf(server, proof);
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  await expect(mcp.forUser(userId).authorization.start(sessionId)).rejects.toMatchObject({
    code: "AUTHORIZATION_FAILED",
  });
  expect(await mcp.forUser(userId).get(sessionId)).toMatchObject({ state: "CONNECTED" });
});

test("the app's own token is sent to no other server, whatever authorization server that one names", async () => {
  const [server, other] = await Promise.all([startServer(known), startServer(known)]);
  const mcp = appOf(server, { ...proof, serverOrigin: new URL(other.url).origin });
  const { state } = await mcp
    .forUser(someUser())
    .connect({ serverUrl: server.url })
    .catch(() => ({ state: "refused" }));
  expect(state).toBe("AUTHENTICATING");
  expect([tokensAsked(server), tokensAsked(other)]).toEqual([0, 0]);
});

test("a token that arrives after the connection was forgotten is revoked and not kept", async () => {
  const released = new EventEmitter();
  const revocation = await startLoopbackServer(
    (_request, response) => void response.end(() => released.emit("revoked")),
  );
  const authorization = await startPlainAuthorizationServer({
    metadata: { revocation_endpoint: `${revocation.origin}/revoke` },
    beforeTokens: () => once(released, "tokens"),
  });
  const server = await startGuardedServer({ issuer: () => authorization.issuer, accepts: (token) => token !== "" });
  onTestFinished(async () => {
    await Promise.all([server.close(), authorization.close(), revocation.close()]);
  });
  const [serverOrigin, { issuer }] = [new URL(server.url).origin, authorization];
  const client = { serverOrigin, issuer, clientId: client_id, grant: "client_credentials" as const, ...proof };
  const mcp = createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:9",
    outbound: { allowHosts: [server.host, authorization.host, revocation.host] },
    authorization: { clients: [client] },
  });
  const userId = someUser();
  const connecting = mcp.forUser(userId).connect({ serverUrl: server.url });
  await expect.poll(() => authorization.asked.map(({ path }) => path)).toEqual(["/token"]);
  const [{ sessionId } = { sessionId: "" }] = await mcp.forUser(userId).list();
  const session = { userId, sessionId };
  await mcp.forUser(session.userId).signOut(session.sessionId);
  const revoked = once(released, "revoked", { signal: AbortSignal.timeout(5_000) });
  released.emit("tokens");
  await revoked;
  await connecting;
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "DISCONNECTED" });
  await expect(storedCredentials(session)).rejects.toThrow("There is no sign-in");
});
