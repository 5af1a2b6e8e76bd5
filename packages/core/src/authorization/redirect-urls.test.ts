import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { McpUser } from "../mcp.js";
import { someUser } from "../samples.fixture.js";
import {
  addressOf,
  isOwnRedirectUrl,
  issuerIdOf,
  type RedirectUrls,
  redirectUrlAt,
  redirectUrlOfIssuer,
} from "./redirect-urls.js";
import { appFor, callbackOf, finish, signedIn, start } from "./sign-in/sign-in.fixture.js";

const shared = "http://127.0.0.1:9/api/mcp/auth/callback";
const further = "http://127.0.0.1:9/oauth/callback";

let server: OauthServer;

beforeAll(async () => {
  server = await startOauthServer();
});
afterAll(() => server.close());

const urls: RedirectUrls = [shared, further];
const ownOf = (issuer: string) => redirectUrlOfIssuer(urls, issuerIdOf(issuer));

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
  expect([redirectOf(there.url), redirectOf(here.url)]).toEqual([further, ownOf(server.issuer)]);
  expect(clientOf(there.url)).not.toBe(clientOf(here.url));
  for (const page of [there, here]) {
    // The authorization server compares the redirect URL of the exchange with that of the request (RFC 6749 §4.1.3).
    await finish(mcp, await callbackOf(page));
    expect(await mcp.forUser(page.userId).get(page.sessionId)).toMatchObject({ state: "CONNECTED" });
  }
});

test("the app's shared callback may be requested, too, and is that of the issuer alone", async () => {
  const mcp = appFor(server);
  const { url } = await pageOf(mcp, mcp.forUser(someUser()), shared);
  expect(redirectOf(url)).toBe(ownOf(server.issuer));
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
  expect(redirectOf((await pageOf(mcp, user)).url)).toBe(ownOf(server.issuer));
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

const stranger = {
  issuer: "https://auth.example",
  namesItself: false,
  entry: undefined,
  readsDocument: false,
};
const own = ownOf(stranger.issuer);
const [byHand, byHandAlone] = [{ callback: "shared" }, { callback: "issuer" }] as const;

test.each<[string, Partial<Parameters<typeof redirectUrlAt>[1]>, string, string]>([
  ["a stranger", {}, shared, own],
  ["a stranger, whatever the app asks for", {}, further, own],
  ["a stranger that reads the app's document", { readsDocument: true }, shared, own],
  ["an issuer that promises to name itself", { namesItself: true }, shared, own],
  ["an issuer that promises to name itself, if the app asks", { namesItself: true }, further, further],
  ["the same, if the operator has removed the URL", { namesItself: true }, "http://127.0.0.1:9/gone", own],
  ["the same, if it reads the app's document", { namesItself: true, readsDocument: true }, shared, shared],
  ["a client registered by hand", { entry: byHand }, shared, shared],
  ["a client registered by hand, if the app asks", { entry: byHand }, further, further],
  ["the same, if the operator has removed the URL", { entry: byHand }, "http://127.0.0.1:9/gone", shared],
  ["a client registered by hand for the issuer alone", { entry: byHandAlone }, further, own],
  ["the same at an issuer that names itself", { entry: byHandAlone, namesItself: true }, further, own],
])("the redirect URL of %s", (_which, issuer, asked, expected) => {
  expect(redirectUrlAt(urls, { ...stranger, ...issuer }, asked)).toBe(expected);
});

test.each([
  ["https://auth.example", "https://auth.example/"],
  ["https://auth.example", "https://AUTH.example"],
  ["https://auth.example", "https://auth.example:443"],
  ["https://auth.example/a", "https://auth.example/A"],
  ["https://auth.example/a%2Fb", "https://auth.example/a%2fb"],
  ["https://auth.example/a", "https://auth.example/%61"],
  [`https://auth.example/${"a".repeat(10_240)}`, `https://auth.example/${"a".repeat(10_241)}`],
])("issuers that differ as text have URLs that differ, of the same length: %#", (one, other) => {
  expect(ownOf(one)).not.toBe(ownOf(other));
  expect(ownOf(one)).toMatch(/^http:\/\/127\.0\.0\.1:9\/api\/mcp\/auth\/issuer\/[\w-]{43}$/);
  expect(ownOf(one)).toHaveLength(ownOf(other).length);
  expect([isOwnRedirectUrl(ownOf(one), one), isOwnRedirectUrl(ownOf(one), other)]).toEqual([true, false]);
});

test("the URL of an issuer alone is not below the shared one, and stays its own when the app moves", () => {
  expect(own.startsWith(shared)).toBe(false);
  expect(isOwnRedirectUrl(own.replace("127.0.0.1:9", "app.example"), stranger.issuer)).toBe(true);
  expect(isOwnRedirectUrl(shared, stranger.issuer)).toBe(false);
});

test.each([
  ["https://app.example/back?tenant=one", "https://app.example/back"],
  ["https://app.example/back#part", "https://app.example/back"],
  ["https://app.example/back", "https://app.example/back"],
])("the address of %s is %s", (url, address) => expect(addressOf(url)).toBe(address));

test("the app's metadata document lists the shared redirect URLs, and none of one issuer alone", () => {
  const mcp = appFor(server, { baseUrl: "https://a.example", callbackUrls: ["https://a.example/back"] });
  expect(mcp.clientMetadata?.redirect_uris).toEqual([
    "https://a.example/api/mcp/auth/callback",
    "https://a.example/back",
  ]);
});
