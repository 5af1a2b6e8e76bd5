import { createHash } from "node:crypto";
import { createMcp, MCPClient, sessionStore } from "@mcp-assistant/core";
import { answerConsentPage, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { appWith, baseUrl, tokenRequests } from "../src/http/sign-in/auth-pages.fixture.js";
import { startHonest } from "./mix-up-servers.js";

let notes: Awaited<ReturnType<typeof startOauthServer>>;

beforeAll(async () => {
  notes = await startOauthServer();
});
afterAll(() => notes.close());

const idOf = (issuer: string) => createHash("sha256").update(issuer).digest("base64url");
const callbackUrl = `${baseUrl}/oauth/callback`;

const elsewhere: [string, (at: URL) => string][] = [
  ["another issuer's path", () => `/api/mcp/auth/issuer/${idOf("https://auth.example")}`],
  ["the path of the same issuer with a slash", () => `/api/mcp/auth/issuer/${idOf(`${notes.issuer}/`)}`],
  ["the shared callback", () => "/api/mcp/auth/callback"],
  ["a callbackUrl", () => "/oauth/callback"],
];

const forms: [string, (query: URLSearchParams) => void][] = [
  ["a code", () => undefined],
  ["a refusal", (query) => query.set("error", "access_denied")],
  ["a code of another issuer", (query) => query.set("iss", "https://auth.example")],
];

describe.each(elsewhere)("a callback that comes to %s", (_where, pathOf) => {
  test.each(forms)(
    "with %s is refused before anything in it is read, and nothing is changed",
    async (_what, change) => {
      const app = appWith(notes, { callbackUrls: [callbackUrl] });
      const { sessionId, consent, cookie } = await app.signingIn();
      const back = await answerConsentPage(consent);
      const astray = new URL(back);
      astray.pathname = pathOf(back);
      change(astray.searchParams);
      const before = [await app.mcp.forUser(app.user).get(sessionId), tokenRequests(notes).length];
      const { location, status, text } = await app.endOf(astray, cookie);
      expect([location, status]).toEqual([`${baseUrl}/api/mcp/auth/result/issuer`, 400]);
      expect(text).toContain("came back from a different server");
      expect([await app.mcp.forUser(app.user).get(sessionId), tokenRequests(notes).length]).toEqual(before);
      expect((await app.endOf(back, cookie)).text).toContain("Connected to Notes");
    },
  );
});

test.each([
  ["no such path", (id: string) => id.slice(1), 404],
  ["no such path: two ids", (id: string) => `${id}/${id}`, 404],
  ["no such path: encoded", (id: string) => `%2e${id}`, 404],
  ["another issuer's path", (id: string) => id.toLowerCase(), 303],
])("a callback at an id in another form is at %s", async (_what, change, status) => {
  const app = appWith(notes);
  const { consent, cookie } = await app.signingIn();
  const back = await answerConsentPage(consent);
  const id = back.pathname.split("/").at(-1) ?? "";
  const astray = back.href.replace(id, change(id));
  const answer = await app.get(astray, { cookie });
  expect([answer.status, answer.headers.get("location")]).toEqual([
    status,
    status === 303 ? `${baseUrl}/api/mcp/auth/result/issuer` : null,
  ]);
});

test("a proxy may change the host of a callback, and of a callbackUrl on another host", async () => {
  const other = "http://localhost:3000/oauth/callback?tenant=one";
  const app = appWith(notes, { callbackUrls: [callbackUrl, other] });
  for (const given of [{}, { callbackUrl }, { callbackUrl: other }]) {
    const user = app.mcp.forUser(app.user);
    const { sessionId, authUrl } = await user.connect({ serverUrl: notes.url, ...given });
    const { consent, cookie } = await app.visitStart(authUrl ?? "");
    const back = await answerConsentPage(consent);
    if (given.callbackUrl) expect(back.href).toContain(given.callbackUrl);
    const { text } = await app.endOf(`http://internal:8080${back.pathname}${back.search}`, cookie);
    expect(text, back.href).toContain("Connected to");
    await user.remove(sessionId);
  }
});

describe("a sign-in without a browser", () => {
  async function redirected(options: { callbackUrl?: string; withHandler?: boolean; basePath?: string } = {}) {
    const { callbackUrl: asked, withHandler = true, basePath } = options;
    const honest = await startHonest("exact");
    const app = appWith({ hosts: [honest.host] }, { callbackUrls: [callbackUrl] });
    const alone = createMcp({
      ...{
        storage: "memory",
        baseUrl,
        outbound: { allowHosts: [honest.host] },
        callbackUrls: [callbackUrl],
        logger: null,
      },
      client: { name: "Another app" },
      basePath,
    });
    const mcp = withHandler ? app.mcp : alone;
    onTestFinished(async () => void (await Promise.all([honest.close(), app.mcp.close(), alone.close()])));
    const redirects: string[] = [];
    const client = new MCPClient({
      ...{ userId: app.user, sessionId: sessionStore.generateSessionId(), serverUrl: honest.url, mcp },
      onRedirect: (url) => void redirects.push(url),
      ...(asked === undefined ? {} : { callbackUrl: asked }),
    });
    const error = await client.connect().catch((thrown: unknown) => thrown);
    const answer = redirects[0] ? await fetch(redirects[0], { redirect: "manual" }) : undefined;
    return { app, client, error, honest, back: new URL(answer?.headers.get("location") ?? "http://none.example") };
  }

  test.each([undefined, callbackUrl])(
    "comes back to the handler where the issuer has an address of its own, for its user alone: asked for %s",
    async (asked) => {
      const { app, client, error, back, honest } = await redirected(asked === undefined ? {} : { callbackUrl: asked });
      expect(error).toMatchObject({ code: "AUTHORIZATION_REQUIRED" });
      expect(back.pathname).toBe(`/api/mcp/auth/issuer/${idOf(honest.issuer)}`);
      expect((await app.endOf(back, "user=mallory")).location).toMatch(/\/auth\/result\/foreign$/);
      const astray = new URL(back);
      astray.pathname = "/api/mcp/auth/callback";
      expect((await app.endOf(astray, `user=${app.user}`)).location).toMatch(/\/auth\/result\/foreign$/);
      expect((await app.endOf(back, `user=${app.user}`)).text).toContain("Connected to");
      expect(await client.finishAuth(back.href)).toMatchObject({ state: "CONNECTED" });
    },
  );

  test("is an error that names authorization.clients if the app waits elsewhere and has no handler", async () => {
    const { error } = await redirected({ callbackUrl, withHandler: false });
    expect(error).toMatchObject({
      code: "AUTHORIZATION_FAILED",
      message: expect.stringContaining("cannot come back to this app's own callback"),
      operatorHint: expect.stringMatching(/authorization\.clients.* set basePath in createMcp/),
    });
  });

  test("is left to the handler of another process, if createMcp is told its path", async () => {
    const { error, back } = await redirected({ callbackUrl, withHandler: false, basePath: "/api/mcp" });
    expect(error).toMatchObject({ code: "AUTHORIZATION_REQUIRED" });
    expect(back.pathname).toMatch(/^\/api\/mcp\/auth\/issuer\//);
  });

  test("needs no handler if the app serves the issuer's address itself", async () => {
    const { client, back } = await redirected({ withHandler: false });
    expect(back.pathname).toMatch(/^\/api\/mcp\/auth\/issuer\/[\w-]{43}$/);
    expect(await client.finishAuth(`${back.pathname}${back.search}`)).toMatchObject({ state: "CONNECTED" });
  });
});
