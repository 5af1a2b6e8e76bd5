import type { McpSessionError } from "@mcp-assistant/protocol";
import { type HostileEndpoint, type Lies, oauthError } from "@mcp-assistant/testing/servers";
import { describe, expect, test } from "vitest";
import { start } from "../src/authorization/sign-in/sign-in.fixture.js";
import { astray, connectHostile, expectNoGossip, expectRecovery, gossip, received, signIn } from "./hostile-app.js";

const reply = (body: string, contentType = "application/json", status = 200) =>
  ({ kind: "reply", status, headers: { "content-type": contentType }, body }) as const;

/** Answers that no endpoint may give and that are of no use. */
const nonsense: [string, NonNullable<Lies["answers"]>[HostileEndpoint]][] = [
  ["a web page", reply(`<h1>${gossip}</h1>`, "text/html")],
  ["a cut-off document", reply(`{"${gossip}":`)],
  ["a list", reply(`["${gossip}"]`)],
  ["a word", reply(`"${gossip}"`)],
  ["null", reply("null")],
  ["nothing", reply("")],
  ["status 500", reply(`{"error":"${gossip}"}`, "application/json", 500)],
  ["status 503 with a web page", reply(`<h1>${gossip}</h1>`, "text/html", 503)],
  ["1 MB", { kind: "flood", bytes: 1_000_000 }],
  ["100 MB", { kind: "flood", bytes: 100_000_000 }],
  ["a connection that is cut", { kind: "cut" }],
];

const answering = (endpoint: HostileEndpoint): [string, Lies][] =>
  nonsense.map(([what, answer]) => [`${endpoint} that answers with ${what}`, { answers: { [endpoint]: answer } }]);

const http = "http://auth.example/endpoint";
const lies: [string, Lies][] = [
  ...answering("resourceMetadata"),
  ["a resource that is another address", { resourceMetadata: { resource: "https://other.example/mcp" } }],
  ["a resource that is not an address", { resourceMetadata: { resource: gossip } }],
  [
    "an authorization server that is a script",
    { resourceMetadata: { authorization_servers: ["javascript:gossip()"] } },
  ],
  ["an authorization server that is a file", { resourceMetadata: { authorization_servers: ["file:///gossip"] } }],
  ["an authorization server without https", { resourceMetadata: { authorization_servers: ["http://auth.example"] } }],
  [
    "an authorization server with a password",
    { resourceMetadata: { authorization_servers: ["https://u:gossip@a.b"] } },
  ],
  [
    "an authorization server whose name fills a page",
    { resourceMetadata: { authorization_servers: [`https://${"gossip".repeat(5_000)}.example`] } },
  ],
  [
    "a token endpoint whose name fills a page",
    { metadata: { token_endpoint: `https://${"gossip".repeat(5_000)}.a/` } },
  ],
  ["authorization servers that are not a list", { resourceMetadata: { authorization_servers: gossip } }],
  ["an authorization server without metadata", { answers: { metadata: reply("", "text/plain", 404) } }],
  ...answering("metadata"),
  ["another issuer", { metadata: { issuer: "https://gossip.example" } }],
  ["no issuer", { metadata: { issuer: undefined } }],
  ["an issuer with another path", { metadata: { issuer: "http://127.0.0.1/gossip" } }],
  ["no mention of PKCE", { metadata: { code_challenge_methods_supported: undefined } }],
  ["plain PKCE", { metadata: { code_challenge_methods_supported: ["plain"] } }],
  ["PKCE without a method", { metadata: { code_challenge_methods_supported: [] } }],
  ["PKCE in lower case", { metadata: { code_challenge_methods_supported: ["s256"] } }],
  ["PKCE methods that are not a list", { metadata: { code_challenge_methods_supported: "S256" } }],
  ["no response type code", { metadata: { response_types_supported: ["token"] } }],
  ["no token endpoint", { metadata: { token_endpoint: undefined } }],
  ["a token endpoint without https", { metadata: { token_endpoint: http } }],
  ["a token endpoint that is a script", { metadata: { token_endpoint: "javascript:gossip()" } }],
  ["a token endpoint with a password", { metadata: { token_endpoint: "https://user:gossip@auth.example/" } }],
  ["a registration endpoint without https", { metadata: { registration_endpoint: http } }],
  ["a revocation endpoint without https", { metadata: { revocation_endpoint: http } }],
  ["no registration endpoint", { metadata: { registration_endpoint: undefined } }],
  [
    "an authorization endpoint of 100 KB",
    { metadata: { authorization_endpoint: `https://a.b/${"x".repeat(100_000)}` } },
  ],
  ...answering("registration"),
  ["a registration that is refused", { answers: { registration: oauthError("invalid_client_metadata", gossip) } }],
  ["a registration without a client_id", { registration: { client_id: undefined } }],
  ["a registration with an empty client_id", { registration: { client_id: "" } }],
  ["a registration with a client_id that is not text", { registration: { client_id: { gossip } } }],
  ["a registration with a client_id of two lines", { registration: { client_id: "gossip\r\nx-evil: 1" } }],
  ["a registration with a client_id of 1 MB", { registration: { client_id: "gossip".repeat(180_000) } }],
  ["a registration with a client_id of 10 KB", { registration: { client_id: "gossip".repeat(1_700) } }],
  ["a registration with a secret that no header can hold", { registration: { client_secret: "gossip\u{1f5dd}" } }],
  ["a registration for another address", { registration: { redirect_uris: ["https://gossip.example/callback"] } }],
  ["a registration for no address", { registration: { redirect_uris: [] } }],
];

test.each(lies)("%s ends the sign-in in a clear error, and the user can sign in later", async (_what, lie) => {
  const app = await connectHostile(lie);
  const error = await app.mcp
    .forUser(app.session.userId)
    .authorization.start(app.session.sessionId)
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: expect.stringMatching(/^(AUTHORIZATION_FAILED|SERVER_UNREACHABLE)$/) });
  const { code, message, hint, operatorHint = "" } = error as McpSessionError;
  expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({
    state: "FAILED",
    error: { code, message, hint, ...(operatorHint && { operatorHint }) },
  });
  for (const text of [message, hint, operatorHint]) expect(text.length).toBeLessThan(200);
  await expectNoGossip(app, error);
  expect([astray(app), received(app, "token")]).toEqual([[], 0]);
  await expectRecovery(app);
});

test("the app does not register at a server whose sign-in page it would not show, or that does not offer PKCE", async () => {
  for (const metadata of [
    { authorization_endpoint: "ms-msdt:/id" },
    { code_challenge_methods_supported: undefined },
    { token_endpoint: http },
  ]) {
    const app = await connectHostile({ metadata });
    await expect(app.mcp.forUser(app.session.userId).authorization.start(app.session.sessionId)).rejects.toMatchObject({
      code: "AUTHORIZATION_FAILED",
    });
    expect(received(app, "registration")).toBe(0);
  }
});

describe("a garbage challenge cannot lead us astray: the server's own address is asked", () => {
  const there = "ELSEWHERE/.well-known/oauth-protected-resource/mcp";
  const challenges: [string, string | string[]][] = [
    ["binary", `Bearer ${Array.from({ length: 128 }, (_, byte) => String.fromCharCode(byte + 128)).join("")}`],
    ["8 KB of nothing", `Bearer ${"x".repeat(8_000)}`],
    ["8 KB of openings", `Bearer ${'resource_metadata="'.repeat(400)}`],
    ["many schemes", ["Basic realm=a", "Digest nonce=b", "Negotiate", `Bearer resource_metadata="${there}"`]],
    ["a hundred headers", Array.from({ length: 100 }, (_, index) => `Scheme${index} a=b`)],
    ["a script", 'Bearer resource_metadata="javascript:alert(1)"'],
    ["a file", 'Bearer resource_metadata="file:///etc/passwd"'],
    ["data", `Bearer resource_metadata="data:application/json,{}"`],
    ["a path", 'Bearer resource_metadata="/.well-known/oauth-protected-resource/mcp"'],
    ["the cloud's own address", 'Bearer resource_metadata="http://169.254.169.254/latest"'],
    ["another host", `Bearer resource_metadata="${there}"`],
    ["an empty one", "Bearer"],
    ["only a scope", "Bearer scope=notes"],
  ];

  test.each(challenges)("%s", async (_what, challenge) => {
    const app = await connectHostile((elsewhere) => ({
      challenge: [challenge].flat().map((header) => header.replace("ELSEWHERE", elsewhere)),
    }));
    await signIn(app);
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({ state: "CONNECTED" });
    expect(astray(app)).toEqual([]);
  });

  test("none at all", async () => {
    const app = await connectHostile({ challenge: null });
    await signIn(app);
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({ state: "CONNECTED" });
  });

  test("64 KB, which is over the limit", async () => {
    const app = await connectHostile({ challenge: `Bearer scope="${"gossip ".repeat(9_000)}"` });
    const error = { code: "LIMIT_EXCEEDED", message: expect.stringContaining("more than 16 KiB of headers") };
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({
      state: "FAILED",
      error,
    });
    await expectNoGossip(app);
    app.server.lie();
    expect(await app.mcp.forUser(app.session.userId).reconnect(app.session.sessionId)).toMatchObject({
      state: "AUTHENTICATING",
    });
    await expectRecovery(app);
  });

  test("a list of scopes that is too long for an address is cut off where it no longer fits", async () => {
    const scopes = Array.from({ length: 1_000 }, (_, index) => `scope/${index}`);
    const app = await connectHostile({ challenge: `Bearer scope="${scopes.join(" ")}"` });
    const { url } = await start(app.mcp, app.session);
    const asked = new URL(url).searchParams.get("scope") ?? "";
    expect(asked.split(" ")).toEqual(scopes.slice(0, asked.split(" ").length));
    expect(asked.length).toBeLessThanOrEqual(4_096);
    await expectRecovery(app);
  });
});

describe("without authorization server metadata", () => {
  const absent = reply("", "text/plain", 404);

  test("the sign-in at a server that predates resource metadata is at its own origin, and nowhere else", async () => {
    const app = await connectHostile({ challenge: null, answers: { resourceMetadata: absent, metadata: absent } });
    const { url } = await start(app.mcp, app.session);
    expect(new URL(url).origin).toBe(app.server.issuer);
    await signIn(app);
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({ state: "CONNECTED" });
    expect(astray(app)).toEqual([]);
  });

  test("no endpoint is guessed for an authorization server that the resource metadata names", async () => {
    const app = await connectHostile();
    app.server.lie({ resourceMetadata: { authorization_servers: [`${app.server.elsewhere}/tenant`] } });
    await expect(app.mcp.forUser(app.session.userId).authorization.start(app.session.sessionId)).rejects.toMatchObject({
      code: "AUTHORIZATION_FAILED",
    });
    expect(astray(app).map(({ endpoint, secrets }) => [endpoint, secrets])).toEqual(
      Array.from({ length: 3 }, () => ["other", []]),
    );
    await expectRecovery(app);
  });
});

test("metadata that we do not use is not kept, however deeply it is nested", async () => {
  const app = await connectHostile();
  const truth = await (await fetch(`${app.server.issuer}/.well-known/oauth-authorization-server`)).json();
  const text = `${JSON.stringify(truth).slice(0, -1)},"extra":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  app.server.lie({ answers: { metadata: reply(text) } });
  await signIn(app);
  expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({ state: "CONNECTED" });
});
