import { type HostileAnswer, type Lies, oauthError } from "@mcp-assistant/testing/servers";
import { describe, expect, test } from "vitest";
import { callbackOf, finish, start } from "../src/authorization/sign-in/sign-in.fixture.js";
import {
  astray,
  call,
  connectedHostile,
  connectHostile,
  expectNoGossip,
  expectRecovery,
  gossip,
  received,
  signIn,
} from "./hostile-app.js";

const reply = (body: string, contentType = "application/json", status = 200): HostileAnswer => ({
  kind: "reply",
  status,
  headers: { "content-type": contentType },
  body,
});

const answers: [string, HostileAnswer][] = [
  ["a web page", reply(`<h1>${gossip}</h1>`, "text/html")],
  ["a form", reply(`access_token=${gossip}&token_type=bearer`, "application/x-www-form-urlencoded")],
  ["a list", reply(`["${gossip}"]`)],
  ["null", reply("null")],
  ["nothing", reply("")],
  ["no content", { kind: "reply", status: 204 }],
  ["status 500", reply(`{"error":"${gossip}"}`, "application/json", 500)],
  ["status 429 with a web page", reply(`<h1>${gossip}</h1>`, "text/html", 429)],
  ["invalid_grant", oauthError("invalid_grant", gossip)],
  ["invalid_client", oauthError("invalid_client", gossip, 401)],
  ["an unknown error code", oauthError(gossip)],
  ["an error of 1 MB", oauthError("invalid_grant", gossip.repeat(40_000))],
  ["an error with status 200", oauthError("invalid_grant", gossip, 200)],
  ["100 MB", { kind: "flood", bytes: 100_000_000 }],
  ["a connection that is cut", { kind: "cut" }],
];

const tokens: [string, Lies["tokens"]][] = [
  ["no access token", { access_token: undefined }],
  ["an empty access token", { access_token: "" }],
  ["an access token that is not text", { access_token: { gossip } }],
  ["an access token of two lines", { access_token: "gossip\r\nx-evil: 1" }],
  ["an access token of two words", { access_token: "gossip gossip" }],
  ["an access token that no header can hold", { access_token: "gossip\u{1f5dd}" }],
  ["an access token of 20 KB", { access_token: "gossip".repeat(3_400) }],
  ["an access token of 1 MB", { access_token: "gossip".repeat(180_000) }],
  ["a refresh token with a zero byte", { refresh_token: "gossip\u0000" }],
  ["a refresh token of 20 KB", { refresh_token: "gossip".repeat(3_400) }],
  ["a refresh token that is not text", { refresh_token: [gossip] }],
  ["no token type", { token_type: undefined }],
  ["the token type MAC", { token_type: "MAC" }],
  ["the token type DPoP", { token_type: "DPoP" }],
  ["a token type of two lines", { token_type: "Bearer\nMAC" }],
  ["a lifetime that is a word", { expires_in: "soon" }],
  ["a lifetime that is NaN", { expires_in: "NaN" }],
  ["a lifetime that is infinite", { expires_in: "Infinity" }],
  ["a lifetime that is an object", { expires_in: { gossip: 1 } }],
];

const lies: [string, Lies][] = [
  ...answers.map(([what, answer]): [string, Lies] => [what, { answers: { token: answer } }]),
  ...tokens.map(([what, members]): [string, Lies] => [what, { tokens: { ...members } }]),
];

test.each(lies)(
  "a code exchange that answers with %s ends the sign-in in a clear error, and the user can sign in again",
  async (_what, lie) => {
    const app = await connectHostile(lie);
    const signingIn = await start(app.mcp, { ...app.session });
    await finish(app.mcp, await callbackOf(signingIn));
    const { state, error } = await app.mcp.forUser(app.session.userId).get(app.session.sessionId);
    expect([state, error?.code]).toEqual([
      "FAILED",
      expect.stringMatching(/^(AUTHORIZATION_FAILED|SERVER_UNREACHABLE)$/),
    ]);
    expect(error?.hint.length).toBeGreaterThan(10);
    expect(await app.mcp.forUser(signingIn.userId).authorization.status(signingIn.attemptId)).toMatchObject({
      status: "failed",
    });
    await expectNoGossip(app);
    expect([astray(app), received(app, "token")]).toEqual([[], 1]);
    await expectRecovery(app);
  },
);

describe("odd but usable answers are accepted", () => {
  test.each<[string, Lies]>([
    ["a lifetime of 0", { tokens: { expires_in: 0 } }],
    ["a lifetime below 0", { tokens: { expires_in: -3_600 } }],
    ["a lifetime of a fraction", { tokens: { expires_in: 0.25 } }],
    ["a lifetime as a text of digits", { tokens: { expires_in: "3600" } }],
    ["a lifetime of a century", { tokens: { expires_in: 3_155_760_000 } }],
    ["a lifetime that no clock can hold", { tokens: { expires_in: 1e308 } }],
    ["no lifetime", { tokens: { expires_in: undefined } }],
    ["a lifetime that is null", { tokens: { expires_in: null } }],
    ["a lifetime of 0 and no refresh token", { tokens: { expires_in: 0, refresh_token: undefined } }],
    ["no refresh token", { tokens: { refresh_token: undefined } }],
    ["an empty refresh token", { tokens: { refresh_token: "" } }],
    ["the token type bearer in mixed case", { tokens: { token_type: "bEaReR" } }],
    ["a malformed scope", { tokens: { scope: `\n${gossip}\u0000` } }],
    ["a scope of 20 KB", { tokens: { scope: "gossip ".repeat(3_000) } }],
    ["unknown members", { tokens: { __proto__x: gossip, issuer: "https://gossip.example", id_token: gossip } }],
  ])("%s", async (_what, lie) => {
    const app = await connectHostile(lie);
    await signIn(app);
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({
      state: "CONNECTED",
      error: null,
    });
    expect(await call(app)).toMatchObject({ content: [{ text: "whoami" }] });
    await expectNoGossip(app);
  });

  test.each(["text/html", "text/plain", ""])("metadata with the content type %j", async (contentType) => {
    const app = await connectHostile();
    const truth = await fetch(`${app.server.issuer}/.well-known/oauth-authorization-server`);
    app.server.lie({ answers: { metadata: reply(await truth.text(), contentType) } });
    await signIn(app);
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({ state: "CONNECTED" });
  });
});

describe("the issuer that comes back with the code (RFC 9207)", () => {
  test.each<[string, Lies]>([
    ["is another one", { iss: "https://honest.example" }],
    ["is missing, though the metadata promises it", { iss: null }],
    ["is almost the same", { iss: "http://127.0.0.1/" }],
  ])("%s: the code is not sent anywhere, and the sign-in keeps waiting", async (_what, lie) => {
    const app = await connectHostile(lie);
    await expect(signIn(app)).rejects.toMatchObject({ code: "INVALID_STATE", reason: "issuer" });
    expect(received(app, "token")).toBe(0);
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({
      state: "AUTHENTICATING",
    });
    await expectRecovery(app);
  });

  test("is compared even without metadata that promises it", async () => {
    const absent = reply("", "text/plain", 404);
    const old = { challenge: null, answers: { resourceMetadata: absent, metadata: absent } };
    const app = await connectHostile({ ...old, iss: "https://honest.example" });
    await expect(signIn(app)).rejects.toMatchObject({ code: "INVALID_STATE", reason: "issuer" });
    expect(received(app, "token")).toBe(0);
    for (const slash of ["", "/"]) {
      const own = await connectHostile();
      own.server.lie({ ...old, iss: `${own.server.issuer}${slash}` });
      await own.mcp.forUser(own.session.userId).reconnect(own.session.sessionId);
      await signIn(own);
      expect(await own.mcp.forUser(own.session.userId).get(own.session.sessionId)).toMatchObject({
        state: "CONNECTED",
      });
    }
  });
});

test("supabase/mcp#355: a client that the authorization server has forgotten is registered again at the next sign-in", async () => {
  const app = await connectedHostile();
  await app.mcp.forUser(app.session.userId).disconnect(app.session.sessionId);
  app.server.lie({ answers: { token: oauthError("invalid_client", gossip, 401) } });
  await signIn(app);
  expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({ state: "FAILED" });
  await expectRecovery(app);
  expect(received(app, "registration")).toBe(1);
});
