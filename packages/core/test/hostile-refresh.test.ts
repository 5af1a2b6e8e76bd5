import { type HostileAnswer, type Lies, oauthError } from "@mcp-assistant/testing/servers";
import { describe, expect, test } from "vitest";
import {
  astray,
  call,
  connectedHostile,
  expectNoGossip,
  expectRecovery,
  gossip,
  type HostileApp,
  received,
} from "./hostile-app.js";

const works = { content: [{ text: "whoami" }] };
const page: HostileAnswer = { kind: "reply", headers: { "content-type": "text/html" }, body: `<h1>${gossip}</h1>` };

/** A connection whose access token has expired, at a server that now lies. */
async function expired(lies: Lies, before: Lies = {}): Promise<HostileApp> {
  const app = await connectedHostile(lies, { before });
  app.server.expireAccessTokens();
  return app;
}

describe("when the authorization server fails to refresh tokens, the call can be retried and the sign-in is kept", () => {
  test.each<[string, HostileAnswer]>([
    ["status 500", oauthError("server_error", gossip, 500)],
    ["status 503 with a web page", { ...page, status: 503 }],
    ["status 429", oauthError("temporarily_unavailable", gossip, 429)],
    ["a web page", page],
    ["nothing", { kind: "reply", headers: { "content-type": "application/json" } }],
    ["an answer without tokens", { kind: "reply", body: "{}" }],
    ["100 MB", { kind: "flood", bytes: 100_000_000 }],
    ["a connection that is cut", { kind: "cut" }],
    ["a redirect", { kind: "redirect", status: 307 }],
  ])("%s", async (_what, answer) => {
    const app = await expired({ answers: { refresh: answer } });
    const error = await call(app);
    expect(error).toMatchObject({ code: "SERVER_UNREACHABLE", retryable: true });
    expect(received(app, "refresh")).toBe(1);
    expect(astray(app)).toEqual([]);
    await expectNoGossip(app, error);
    app.server.lie();
    expect(await call(app)).toMatchObject(works);
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({
      state: "CONNECTED",
      error: null,
    });
  });
});

describe("unusable tokens are not used, and the next sign-in works", () => {
  test.each<[string, Lies["tokens"]]>([
    ["another token type", { token_type: "MAC" }],
    ["two lines", { access_token: "gossip\r\nx-evil: 1" }],
    ["1 MB", { access_token: "gossip".repeat(180_000) }],
    ["none", { access_token: undefined }],
    ["a lifetime that is a word", { expires_in: "soon" }],
  ])("%s", async (_what, tokens = {}) => {
    const app = await expired({ tokens });
    const error = await call(app);
    expect(error).toMatchObject({ code: "SERVER_UNREACHABLE" });
    await expectNoGossip(app, error);
    // The server has rotated the refresh token without giving us the new one, so the old one now counts as stolen.
    app.server.lie();
    expect(await call(app)).toMatchObject({ code: "AUTHORIZATION_REQUIRED" });
    await expectRecovery(app);
  });
});

test.each([
  ["invalid_grant", 0],
  ["invalid_client", 1],
])(
  "%s ends the sign-in without repeating the server's words, and signing in again works",
  async (code, registrations) => {
    const app = await expired({ answers: { refresh: oauthError(code, gossip) } });
    const error = await call(app);
    expect(error).toMatchObject({ code: "AUTHORIZATION_REQUIRED", hint: expect.stringMatching(/^Sign in/) });
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({
      state: "FAILED",
      error: { code: "AUTHORIZATION_REQUIRED" },
    });
    await expectNoGossip(app, error);
    await expectRecovery(app);
    expect(received(app, "registration")).toBe(registrations);
  },
);

describe("tokens are refreshed", () => {
  test.each<[string, Lies]>([
    ["by a server that rotates refresh tokens", {}],
    ["by a server that never rotates", { refreshTokens: "keep" }],
    ["by a server that never says how long a token lives", { tokens: { expires_in: undefined } }],
    ["by a server whose tokens expire on arrival", { tokens: { expires_in: 0 } }],
    ["by a server whose tokens have expired before they arrive", { tokens: { expires_in: -1 } }],
  ])("%s, again and again", async (_what, lies) => {
    const app = await connectedHostile(lies, { before: lies });
    for (let round = 0; round < 3; round++) {
      app.server.expireAccessTokens();
      expect(await call(app)).toMatchObject(works);
    }
    expect(received(app, "refresh")).toBeGreaterThanOrEqual(3);
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({ state: "CONNECTED" });
  });
});

describe("revoking tokens is bounded, and no other server is contacted", () => {
  test.each<[string, HostileAnswer]>([
    ["status 500", oauthError("server_error", gossip, 500)],
    ["100 MB", { kind: "flood", bytes: 100_000_000 }],
    ["a connection that is cut", { kind: "cut" }],
    ["a redirect that keeps the request", { kind: "redirect", status: 308 }],
  ])("%s", async (_what, answer) => {
    const app = await connectedHostile({ answers: { revocation: answer } });
    await app.mcp.forUser(app.session.userId).signOut(app.session.sessionId);
    expect([received(app, "revocation"), astray(app)]).toEqual([1, []]);
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({
      state: "DISCONNECTED",
      active: false,
    });
    await expectNoGossip(app);
    await expectRecovery(app);
  });
});
