import { createHash } from "node:crypto";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { hostileAuthorizationUrls } from "../addresses/hostile-urls.js";
import { type HostileAuthorizationServer, startHostileAuthorizationServer } from "./hostile-authorization-server.js";
import { type Lies, oauthError } from "./lies.js";

let server: HostileAuthorizationServer;

beforeEach(async () => {
  const started = await startHostileAuthorizationServer();
  server = started;
  return () => started.close();
});

const redirectUri = "http://127.0.0.1:9/callback";
const verifier = "a-verifier-that-is-long-enough-to-be-one-of-them";
const codeChallenge = createHash("sha256").update(verifier).digest("base64url");

const documentOf = async (response: Response) => (await response.json()) as Record<string, string>;

const metadataOf = async () => documentOf(await fetch(`${server.issuer}/.well-known/oauth-authorization-server`));

async function register(method = "none") {
  const body = JSON.stringify({ redirect_uris: [redirectUri], token_endpoint_auth_method: method });
  return documentOf(await fetch(`${server.issuer}/register`, { method: "POST", body }));
}

async function authorize(clientId: string, changes: Record<string, string> = {}): Promise<Response> {
  const query = { response_type: "code", client_id: clientId, redirect_uri: redirectUri, state: "the-state" };
  const pkce = { code_challenge: codeChallenge, code_challenge_method: "S256" };
  const url = `${server.issuer}/authorize?${new URLSearchParams({ ...query, ...pkce, ...changes })}`;
  return fetch(url, { redirect: "manual" });
}

const callbackOf = (response: Response) => new URL(response.headers.get("location") ?? "").searchParams;

async function ask(form: Record<string, string>, headers = {}, at = server.issuer) {
  const response = await fetch(`${at}/token`, { method: "POST", headers, body: new URLSearchParams(form) });
  return { status: response.status, answer: await documentOf(response) };
}

async function signIn() {
  const { client_id: clientId = "" } = await register();
  const code = callbackOf(await authorize(clientId)).get("code") ?? "";
  const exchange = { grant_type: "authorization_code", client_id: clientId, redirect_uri: redirectUri, code };
  return { clientId, exchange: { ...exchange, code_verifier: verifier } };
}

const refreshWith = (clientId: string, refreshToken = "") => ({
  grant_type: "refresh_token",
  client_id: clientId,
  refresh_token: refreshToken,
});

const call = (token: string | undefined, method = "tools/list") =>
  fetch(server.url, {
    method: "POST",
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method }),
  });

describe("when it is honest", () => {
  test("it supports the whole way from a 401 to a call: metadata, registration, a code with PKCE, tokens", async () => {
    const refused = await call(undefined);
    expect(refused.status).toBe(401);
    const documentUrl = /resource_metadata="([^"]+)"/.exec(refused.headers.get("www-authenticate") ?? "")?.[1] ?? "";
    const resource = await (await fetch(documentUrl)).json();
    expect(resource).toMatchObject({ resource: server.url, authorization_servers: [server.issuer] });
    expect(await metadataOf()).toMatchObject({ issuer: server.issuer, code_challenge_methods_supported: ["S256"] });

    const { client_id: clientId = "" } = await register();
    const callback = callbackOf(await authorize(clientId));
    expect(Object.fromEntries(callback)).toMatchObject({ state: "the-state", iss: server.issuer });
    const code = callback.get("code") ?? "";
    const exchange = { grant_type: "authorization_code", client_id: clientId, redirect_uri: redirectUri, code };
    const { answer } = await ask({ ...exchange, code_verifier: verifier });
    expect(answer).toMatchObject({ token_type: "Bearer", expires_in: 3_600 });
    expect(await (await call(answer.access_token)).json()).toMatchObject({ result: { tools: [{ name: "whoami" }] } });
    expect((await call("another-token")).status).toBe(401);
  });

  test.each([
    ["another verifier", { code_verifier: "x".repeat(43) }],
    ["another redirect address", { redirect_uri: "http://127.0.0.1:9/other" }],
    ["another client", { client_id: "another" }],
    ["another code", { code: "something" }],
  ])("a code is not exchanged for %s", async (_what, changes) => {
    const { exchange } = await signIn();
    expect((await ask({ ...exchange, ...changes })).status).toBeGreaterThanOrEqual(400);
  });

  test("it issues no code without S256, and does not redirect to an unregistered address", async () => {
    const { client_id: clientId = "" } = await register();
    const plain = callbackOf(await authorize(clientId, { code_challenge_method: "plain" }));
    expect([plain.get("code"), plain.get("error")]).toEqual([null, "invalid_request"]);
    expect((await authorize(clientId, { redirect_uri: `${redirectUri}/x` })).status).toBe(400);
  });

  test("the second use of a code or of a rotated refresh token ends the sign-in", async () => {
    const { exchange, clientId } = await signIn();
    const first = (await ask(exchange)).answer;
    const second = (await ask(refreshWith(clientId, first.refresh_token))).answer;
    expect((await call(second.access_token)).status).toBe(200);
    expect((await ask(refreshWith(clientId, first.refresh_token))).answer).toEqual({ error: "invalid_grant" });
    expect((await call(second.access_token)).status).toBe(401);
    expect((await ask(refreshWith(clientId, second.refresh_token))).answer).toEqual({ error: "invalid_grant" });

    const other = await signIn();
    const { answer } = await ask(other.exchange);
    expect((await ask(other.exchange)).answer).toEqual({ error: "invalid_grant" });
    expect((await call(answer.access_token)).status).toBe(401);
  });

  test("a client with a secret must present it", async () => {
    const { client_id: id = "", client_secret: secret = "" } = await register("client_secret_basic");
    const form = { grant_type: "refresh_token", refresh_token: "unknown" };
    const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
    expect((await ask({ ...form, client_id: id })).answer).toEqual({ error: "invalid_client" });
    expect((await ask(form, { authorization })).answer).toEqual({ error: "invalid_grant" });
    const inBody = { ...form, client_id: id, client_secret: secret };
    expect((await ask(inBody)).answer).toEqual({ error: "invalid_grant" });
  });

  test("revocation ends the sign-in, and expiring the access tokens keeps the refresh token valid", async () => {
    const { exchange, clientId } = await signIn();
    const { answer } = await ask(exchange);
    server.expireAccessTokens();
    expect((await call(answer.access_token)).status).toBe(401);
    const { answer: next } = await ask(refreshWith(clientId, answer.refresh_token));
    expect((await call(next.access_token)).status).toBe(200);
    const body = new URLSearchParams({ token: next.refresh_token ?? "", client_id: clientId });
    await fetch(`${server.issuer}/revoke`, { method: "POST", body });
    expect((await call(next.access_token)).status).toBe(401);
  });
});

describe("its lies", () => {
  test("change or remove members of its documents", async () => {
    server.lie({
      metadata: { issuer: "https://other.example", code_challenge_methods_supported: undefined },
      resourceMetadata: { resource: "https://other.example" },
      registration: { client_id: undefined },
      challenge: ["Basic realm=x", "Bearer scope=y"],
    });
    const metadata = await metadataOf();
    expect(metadata.issuer).toBe("https://other.example");
    expect(metadata).not.toHaveProperty("code_challenge_methods_supported");
    const resource = await fetch(`${server.issuer}/.well-known/oauth-protected-resource/mcp`);
    expect(await resource.json()).toMatchObject({ resource: "https://other.example" });
    expect(await register()).not.toHaveProperty("client_id");
    expect((await call(undefined)).headers.get("www-authenticate")).toBe("Basic realm=x, Bearer scope=y");
    server.lie();
    expect(await metadataOf()).toMatchObject({ issuer: server.issuer });
  });

  test("change the token answer, the redirect, and whether refresh tokens rotate", async () => {
    server.lie({ tokens: { expires_in: -1, token_type: "MAC" }, iss: "https://other.example", refreshTokens: "keep" });
    const { client_id: id = "" } = await register();
    expect(callbackOf(await authorize(id)).get("iss")).toBe("https://other.example");
    const { exchange, clientId } = await signIn();
    const { answer } = await ask(exchange);
    expect(answer).toMatchObject({ expires_in: -1, token_type: "MAC" });
    for (let use = 0; use < 3; use++) {
      const { answer: again } = await ask(refreshWith(clientId, answer.refresh_token));
      expect(again).not.toHaveProperty("refresh_token");
    }
    server.lie({ iss: null });
    expect(callbackOf(await authorize(clientId)).get("iss")).toBeNull();
  });

  test.each<[string, Lies["answers"], RegExp]>([
    ["an error", { metadata: oauthError("server_error", "words", 503) }, /^503 .*"words"/],
    ["a web page", { metadata: { kind: "reply", headers: { "content-type": "text/html" }, body: "<p>" } }, /^200 <p>$/],
    ["a redirect", { metadata: { kind: "redirect", status: 307 } }, /^307 $/],
    ["a flood", { metadata: { kind: "flood", bytes: 300_000 } }, /^200 \{"flood":"x{300000,}"\}$/],
  ])("answer with %s", async (_what, answers = {}, expected) => {
    server.lie({ answers });
    const url = `${server.issuer}/.well-known/oauth-authorization-server`;
    const response = await fetch(url, { redirect: "manual" });
    expect(`${response.status} ${await response.text()}`).toMatch(expected);
    const location = response.headers.get("location") ?? server.elsewhere;
    expect(new URL(location).origin).toBe(server.elsewhere);
  });

  test("can be silence, a cut connection, or the truth one byte at a time", async () => {
    const url = `${server.issuer}/.well-known/oauth-authorization-server`;
    server.lie({ answers: { metadata: { kind: "stall" } } });
    await expect(fetch(url, { signal: AbortSignal.timeout(200) })).rejects.toThrow("timeout");
    server.lie({ answers: { metadata: { kind: "cut" } } });
    await expect(fetch(url)).rejects.toThrow("fetch failed");
    server.lie({ answers: { metadata: { kind: "drip" } } });
    const { status, body } = await fetch(url);
    const first = await body?.getReader().read();
    expect([status, first?.value?.length]).toEqual([200, 1]);
    server.lie({ answers: { metadata: { kind: "drip", every: 1 } } });
    expect(await metadataOf()).toMatchObject({ issuer: server.issuer });
  });
});

describe("what it received", () => {
  test("is listed with its kinds of secrets and the origin where it arrived", async () => {
    const { exchange, clientId } = await signIn();
    server.resetRequests();
    const { answer } = await ask(exchange);
    await ask(refreshWith(clientId, answer.refresh_token), {}, server.elsewhere);
    await call(answer.access_token);
    await fetch(`${server.elsewhere}/anything?leak=${encodeURIComponent(answer.access_token ?? "")}`);
    const { client_id: id = "", client_secret: secret = "" } = await register("client_secret_post");
    const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
    await fetch(`${server.elsewhere}/revoke`, { method: "POST", headers: { authorization } });
    const seen = server.requests().map(({ at, endpoint, grantType, secrets }) => [at, endpoint, grantType, secrets]);
    expect(seen).toEqual([
      ["server", "token", "authorization_code", ["code", "code verifier"]],
      ["elsewhere", "refresh", "refresh_token", ["refresh token"]],
      ["server", "mcp", null, ["access token"]],
      ["elsewhere", "other", null, ["access token"]],
      ["server", "registration", null, []],
      ["elsewhere", "revocation", null, ["client secret"]],
    ]);
  });

  test("includes requests to a foreign endpoint, which works, too", async () => {
    server.lie({ elsewhere: ["authorization", "token", "registration", "revocation"] });
    const metadata = await metadataOf();
    for (const endpoint of ["authorization", "token", "registration", "revocation"]) {
      expect(new URL(metadata[`${endpoint}_endpoint`] ?? "").origin).toBe(server.elsewhere);
    }
    const { exchange } = await signIn();
    const { answer } = await ask(exchange, {}, server.elsewhere);
    expect((await call(answer.access_token)).status).toBe(200);
  });
});

test("none of the hostile addresses is an https page without a user name", () => {
  const harmless = hostileAuthorizationUrls.filter((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url?.protocol === "https:" && !url.username;
  });
  expect(harmless).toEqual([]);
});

test("it can lie from the start, and close ends all its connections", async () => {
  const own = await startHostileAuthorizationServer({ lies: { answers: { mcp: { kind: "stall" } } } });
  onTestFinished(own.close);
  const asked = fetch(own.url).catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await own.close();
  expect(await asked).toBeInstanceOf(TypeError);
});
