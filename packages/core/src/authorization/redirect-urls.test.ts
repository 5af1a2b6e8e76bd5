import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { McpUser } from "../mcp.js";
import { someUser } from "../samples.fixture.js";
import { redirectUrlOf } from "./redirect-urls.js";
import { appFor, callbackOf, finish, signedIn, start } from "./sign-in/sign-in.fixture.js";

const own = "http://127.0.0.1:9/api/mcp/auth/callback";
const further = "http://127.0.0.1:9/oauth/callback";

let server: OauthServer;

beforeAll(async () => {
  server = await startOauthServer();
});
afterAll(() => server.close());

const redirectOf = (url: string) => new URL(url).searchParams.get("redirect_uri");
const clientOf = (url: string) => new URL(url).searchParams.get("client_id");

/** The sign-in page of a new connection. */
async function pageOf(mcp: ReturnType<typeof appFor>, user: McpUser, callbackUrl?: string) {
  const given = callbackUrl === undefined ? {} : { callbackUrl };
  const { sessionId } = await user.connect({ serverUrl: server.url, ...given });
  return start(mcp, { userId: user.userId, sessionId });
}

test("a sign-in comes back to the requested redirect URL, with a client that is registered for it", async () => {
  const mcp = appFor(server, { callbackUrls: [further] });
  const [ada, bob] = [mcp.forUser(someUser()), mcp.forUser(someUser())];
  const [there, here] = [await pageOf(mcp, ada, further), await pageOf(mcp, bob)];
  expect([redirectOf(there.url), redirectOf(here.url)]).toEqual([further, own]);
  expect(clientOf(there.url)).not.toBe(clientOf(here.url));
  for (const page of [there, here]) {
    // The authorization server compares the redirect URL of the exchange with that of the request (RFC 6749 §4.1.3).
    await finish(mcp, await callbackOf(page));
    expect(await mcp.forUser(page.userId).get(page.sessionId)).toMatchObject({ state: "CONNECTED" });
  }
});

test("the app's own callback may be requested, too", async () => {
  const mcp = appFor(server);
  expect(redirectOf((await pageOf(mcp, mcp.forUser(someUser()), own)).url)).toBe(own);
});

test.each([
  ["with another path", "http://127.0.0.1:9/elsewhere"],
  ["with a query", `${further}?next=/`],
  ["in different letter case", "http://127.0.0.1:9/OAuth/callback"],
  ["on another host", "https://evil.example/oauth/callback"],
  ["that is a script", "javascript:alert(1)"],
])("a redirect URL %s is refused before connecting, and the error names the option", async (_what, callbackUrl) => {
  const mcp = appFor(server, { callbackUrls: [further] });
  const user = mcp.forUser(someUser());
  await expect(user.connect({ serverUrl: server.url, callbackUrl })).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: expect.not.stringContaining(callbackUrl),
    operatorHint: expect.stringContaining("callbackUrls"),
  });
  expect(await user.list()).toEqual([]);
});

test("an existing connection takes the redirect URL that was requested last, and keeps it when none is requested", async () => {
  const mcp = appFor(server, { callbackUrls: [further] });
  const user = mcp.forUser(someUser());
  expect(redirectOf((await pageOf(mcp, user)).url)).toBe(own);
  await user.disconnect((await user.list())[0]?.sessionId ?? "");
  expect(redirectOf((await pageOf(mcp, user, further)).url)).toBe(further);
  await user.disconnect((await user.list())[0]?.sessionId ?? "");
  expect(redirectOf((await pageOf(mcp, user)).url)).toBe(further);
});

test("a working connection keeps working, and its next sign-in comes back to the new redirect URL", async () => {
  const mcp = appFor(server, { callbackUrls: [further] });
  const { userId, sessionId } = await signedIn(mcp, server);
  const user = mcp.forUser(userId);
  expect(await user.connect({ serverUrl: server.url, callbackUrl: further })).toMatchObject({ state: "CONNECTED" });
  expect(redirectOf((await start(mcp, { userId, sessionId })).url)).toBe(further);
});

test("a redirect URL that the operator has removed is no longer used", () => {
  expect(redirectUrlOf([own, further], { callbackUrl: further })).toBe(further);
  expect(redirectUrlOf([own], { callbackUrl: further })).toBe(own);
});

test("the app's metadata document lists all redirect URLs", () => {
  const mcp = appFor(server, { baseUrl: "https://a.example", callbackUrls: ["https://a.example/back"] });
  expect(mcp.clientMetadata?.redirect_uris).toEqual([
    "https://a.example/api/mcp/auth/callback",
    "https://a.example/back",
  ]);
});
