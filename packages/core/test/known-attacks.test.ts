import { inspect } from "node:util";
import { hostileAuthorizationUrls } from "@mcp-assistant/testing/addresses";
import type { HostileEndpoint, Lies } from "@mcp-assistant/testing/servers";
import { describe, expect, test } from "vitest";
import {
  appFor,
  callbackOf,
  finish,
  openSignIn,
  signedIn,
  start,
} from "../src/authorization/sign-in/sign-in.fixture.js";
import { astray, call, connectedHostile, connectHostile, expectRecovery, received, signIn } from "./hostile-app.js";

// Attacks and defects that were published about other clients, each named by its advisory or issue.
// docs/known-attacks.md lists them all, including those whose tests are in other files.

const works = { content: [{ text: "whoami" }] };

describe("CVE-2025-6514: the user is sent to an authorization endpoint only if it is an https page", () => {
  test.each(hostileAuthorizationUrls.map((url) => [url]))("%j", async (url) => {
    const app = await connectHostile({ metadata: { authorization_endpoint: url } });
    const error = await app.mcp
      .forUser(app.session.userId)
      .authorization.start(app.session.sessionId)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "AUTHORIZATION_FAILED" });
    expect(received(app, "registration")).toBe(0);
    const connection = await app.mcp.forUser(app.session.userId).get(app.session.sessionId);
    expect(connection).toMatchObject({ state: "FAILED" });
    for (const shown of [connection, app.reported, error]) {
      expect(inspect(shown, { depth: null })).not.toMatch(/alert\(1\)|calc|auth\.example|ms-msdt/);
    }
  });
});

describe("vercel/ai#15966: a sign-in belongs to the authorization server where the user consented", () => {
  test.each<[string, (elsewhere: string) => Lies]>([
    ["its token endpoint moves", (elsewhere) => ({ metadata: { token_endpoint: `${elsewhere}/token` } })],
    ["all its endpoints move", () => ({ elsewhere: ["authorization", "token", "registration", "revocation"] })],
    ["its issuer changes", (elsewhere) => ({ metadata: { issuer: elsewhere } })],
    ["the MCP server names another one", (elsewhere) => ({ resourceMetadata: { authorization_servers: [elsewhere] } })],
  ])("%s: the refresh token and the client are used only where they came from", async (_what, lies) => {
    const app = await connectedHostile();
    app.server.lie(lies(app.server.elsewhere));
    for (let round = 0; round < 2; round++) {
      app.server.expireAccessTokens();
      expect(await call(app)).toMatchObject(works);
    }
    await app.mcp.forUser(app.session.userId).signOut(app.session.sessionId);
    expect([received(app, "refresh"), received(app, "revocation")]).toEqual([2, 1]);
    expect(astray(app)).toEqual([]);
  });

  test("an attempt that is open when the token endpoint moves sends its code to where the user consented", async () => {
    const app = await connectHostile();
    const callback = await callbackOf(await start(app.mcp, app.session));
    app.server.lie({ elsewhere: ["token"] });
    await finish(app.mcp, callback);
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({ state: "CONNECTED" });
    expect(astray(app)).toEqual([]);
  });

  test("endpoints on another host are used if they were named before the user consented, as large providers do", async () => {
    const app = await connectHostile({ elsewhere: ["token", "registration", "revocation"] });
    await signIn(app);
    await app.mcp.forUser(app.session.userId).signOut(app.session.sessionId);
    expect(astray(app).map(({ endpoint }) => endpoint)).toEqual(["registration", "token", "revocation"]);
    expect([received(app, "token"), received(app, "registration"), received(app, "revocation")]).toEqual([0, 0, 0]);
  });
});

describe("chat-ui#2250: what a request carries is not sent on to where a redirect points", () => {
  const statuses = [301, 302, 303, 307, 308] as const;
  const redirected = (endpoint: HostileEndpoint) =>
    statuses.map((status) => ({
      endpoint,
      status,
      lies: { answers: { [endpoint]: { kind: "redirect", status } } } as Lies,
    }));
  const secret = { metadata: { token_endpoint_auth_methods_supported: ["client_secret_basic"] } };

  test.each((["resourceMetadata", "metadata", "registration", "token"] as const).flatMap(redirected))(
    "$endpoint, $status",
    async ({ lies }) => {
      const app = await connectHostile({ ...secret, ...lies });
      await signIn(app).catch(() => undefined);
      expect(astray(app)).toEqual([]);
      if ((await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).state !== "CONNECTED")
        await expectRecovery(app);
    },
  );

  test.each((["refresh", "revocation", "mcp"] as const).flatMap(redirected))(
    "$endpoint, $status",
    async ({ lies, endpoint }) => {
      const app = await connectedHostile(lies, { before: secret });
      if (endpoint === "refresh") app.server.expireAccessTokens();
      await call(app);
      await app.mcp.forUser(app.session.userId).signOut(app.session.sessionId);
      expect(received(app, endpoint)).toBeGreaterThan(0);
      expect(astray(app)).toEqual([]);
      await expectRecovery(app);
    },
  );

  test("not even within the origin, if the request carries something (RFC 9700 §4.12)", async () => {
    const app = await connectHostile();
    const to = `${app.server.issuer}/token?again`;
    app.server.lie({ answers: { token: { kind: "redirect", status: 307, to } } });
    await signIn(app);
    expect(received(app, "token")).toBe(1);
    await expectRecovery(app);
  });
});

describe("CVE-2025-4143, CVE-2025-4144: PKCE is not skipped for a server that does not offer it", () => {
  test.each([[undefined], [[]], [["plain"]]])("a server that offers %j is refused", async (methods) => {
    const app = await connectHostile({ metadata: { code_challenge_methods_supported: methods } });
    await expect(app.mcp.forUser(app.session.userId).authorization.start(app.session.sessionId)).rejects.toMatchObject({
      code: "AUTHORIZATION_FAILED",
      message: expect.stringContaining("does not offer a secure sign-in (PKCE with S256)"),
    });
    expect(received(app, "registration")).toBe(0);
    await expectRecovery(app);
  });

  test("the verifier is sent with the code to the token endpoint, and nowhere else", async () => {
    const app = await connectHostile();
    await signIn(app);
    const requests = app.server.requests().filter(({ secrets }) => secrets.includes("code verifier"));
    expect(requests.map(({ at, endpoint }) => [at, endpoint])).toEqual([["server", "token"]]);
  });
});

test("omi#16093: a state does not reveal its user or session, and a forged one is refused", async () => {
  const app = await connectHostile();
  const signingIn = await start(app.mcp, app.session);
  const { searchParams } = new URL(signingIn.url);
  const state = searchParams.get("state") ?? "";
  const decoded = `${state} ${Buffer.from(state, "base64url")}`;
  for (const ours of Object.values(app.session)) expect(decoded).not.toContain(ours);
  const callback = await callbackOf({ ...app.session, ...signingIn });
  const { userId, sessionId } = app.session;
  const flipped = `${state.startsWith("A") ? "B" : "A"}${state.slice(1)}`;
  for (const forged of [
    flipped,
    sessionId,
    `app:${userId}:nonce`,
    JSON.stringify({ sessionId, serverId: "x" }),
    "__proto__",
  ]) {
    const params = new URLSearchParams(callback.params);
    params.set("state", forged);
    await expect(finish(app.mcp, { ...callback, params })).rejects.toMatchObject({
      code: "INVALID_STATE",
    });
  }
  expect(received(app, "token")).toBe(0);
});

test("frappe#40962: when 50 callbacks with the same code arrive at once, only one sends it", async () => {
  const app = await connectHostile();
  const signingIn = await start(app.mcp, app.session);
  const callback = await callbackOf({ ...app.session, ...signingIn });
  await Promise.all(Array.from({ length: 50 }, () => finish(app.mcp, callback)));
  expect(received(app, "token")).toBe(1);
  expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({ state: "CONNECTED" });
});

describe("mcp-remote#315: windows of one sign-in do not use each other's verifier, whatever order they return in", () => {
  test.each([[[0, 1, 2]], [[0, 2, 1]], [[1, 0, 2]], [[1, 2, 0]], [[2, 0, 1]], [[2, 1, 0]]])("%j", async (order) => {
    const app = await connectHostile();
    const windows = [];
    for (const _ of order) windows.push(await start(app.mcp, app.session));
    const callbacks = await Promise.all(windows.map((window) => callbackOf({ ...app.session, ...window })));
    const outcomes: unknown[] = [];
    for (const index of order) {
      const callback = callbacks[index];
      if (!callback) throw new Error("There is no such window");
      outcomes.push(
        await finish(app.mcp, callback).then(
          () => "done",
          ({ reason }) => reason,
        ),
      );
    }
    expect(outcomes).toEqual(["done", "overtaken", "overtaken"]);
    expect(await app.mcp.forUser(app.session.userId).get(app.session.sessionId)).toMatchObject({
      state: "CONNECTED",
      error: null,
    });
    expect(received(app, "token")).toBe(1);
  });
});

test("claude-code#84440, LibreChat#14583: 20 calls that find an expired token refresh it once", async () => {
  const app = await connectedHostile();
  for (let round = 1; round <= 3; round++) {
    app.server.expireAccessTokens();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => call(app)));
    for (const outcome of outcomes) expect(outcome).toMatchObject(works);
    expect(received(app, "refresh")).toBe(round);
  }
});

test("agenticos#1626: an unusable answer is repeated neither in the error nor in its causes", async () => {
  const canary = "canary-of-a-token";
  const app = await connectedHostile({ tokens: { access_token: `${canary}\n`, refresh_token: { canary } } });
  app.server.expireAccessTokens();
  const error = await call(app);
  expect(error).toMatchObject({ code: "SERVER_UNREACHABLE" });
  const shown = [error, app.reported, await app.mcp.forUser(app.session.userId).get(app.session.sessionId)];
  expect(`${inspect(shown, { depth: null, showHidden: true })} ${JSON.stringify(shown)}`).not.toContain(canary);
});

test("mcp-remote#292: an app whose callback address has changed registers again", async () => {
  const app = await connectHostile();
  await signIn(app);
  const moved = appFor(app.server, { baseUrl: "http://127.0.0.1:10" });
  const { url } = await openSignIn(moved, app.server);
  expect(new URL(url).searchParams.get("redirect_uri")).toMatch("http://127.0.0.1:10/api/mcp/auth/issuer/");
  expect(received(app, "registration")).toBe(2);
  await signedIn(moved, app.server);
  expect(received(app, "registration")).toBe(2);
});
