import { randomUUID } from "node:crypto";
import { type BookkeepingServer, startBookkeepingServer } from "@mcp-assistant/testing/servers";
import type {} from "@mcp-assistant/testkit/provided-context";
import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { type App, clientOf, openSignIn, returnFrom, startApp } from "./app.js";

const storage = inject("redisUrl");
let server: BookkeepingServer;
/** The process that sign-ins return to, and a second process of the fleet. */
let apps: [App, App];
let owner: string;
let thief: string;

beforeAll(async () => {
  server = await startBookkeepingServer();
  const first = await startApp({ storage, allowHosts: server.hosts });
  apps = [first, await startApp({ storage, allowHosts: server.hosts, baseUrl: first.origin })];
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await server.close();
});
beforeEach(() => {
  [owner, thief] = [`owner-${randomUUID()}`, `thief-${randomUUID()}`];
  server.resetCounts();
});

/** Makes a connection of the user that waits for its sign-in. */
async function waiting(user: string) {
  const { connections } = clientOf(apps[0].origin, user);
  const { sessionId, authUrl } = await connections.connect.mutate({ serverUrl: server.url });
  const state = async () => (await connections.list.query()).find((each) => each.sessionId === sessionId)?.state;
  return { sessionId, authUrl: authUrl ?? "", state };
}

/** The cookies of browsers other than the owner's. `cookie` is the owner's own, with the nonce of their attempt. */
const others = (cookie: string): [string, string, number][] => [
  ["another user's", `user=${thief}`, 400],
  ["another user's, with the owner's attempt cookie", cookie.replace(owner, thief), 400],
  ["the owner's, without the attempt's cookie", `user=${owner}`, 400],
  ["the owner's, with another nonce", cookie.replace(/=[\w-]{43}/, `=${"x".repeat(43)}`), 400],
  ["a signed-out browser's, with the owner's attempt cookie", cookie.replace(`user=${owner}; `, ""), 401],
];

/** The same address at every process of the fleet. */
const everywhere = (url: string | URL) => apps.map(({ origin }) => new URL(url).href.replace(apps[0].origin, origin));

test("a start link makes an attempt only for its owner", async () => {
  const { authUrl, state } = await waiting(owner);
  const asked = server.count("register");
  const stranger = await openSignIn(authUrl, thief);
  expect([stranger.response.status, stranger.location]).toEqual([404, ""]);
  const signedOut = await fetch(authUrl, { redirect: "manual" });
  expect([signedOut.status, signedOut.headers.get("set-cookie")]).toEqual([401, null]);
  expect(server.count("register")).toBe(asked);
  expect(await state()).toBe("AUTHENTICATING");
  const { cookie, location } = await openSignIn(authUrl, owner);
  const { text } = await returnFrom(await server.answer(location), cookie);
  expect(text).toContain("Connected to");
});

/** As if the user had typed the address: then a callback without a user is refused without a reload first. */
const opened = { "sec-fetch-site": "none" };

test("a callback finishes in no other browser, for no other user and in no process, but still for its owner", async () => {
  const { authUrl, state } = await waiting(owner);
  const { cookie, location } = await openSignIn(authUrl, owner);
  const callback = await server.answer(location);
  for (const [whose, cookies, status] of others(cookie)) {
    for (const url of everywhere(callback)) {
      const back = await fetch(url, { headers: { ...opened, cookie: cookies } });
      expect(back.status, `${whose} at ${new URL(url).origin}`).toBe(status);
      expect(await back.text()).not.toContain("Connected");
    }
  }
  expect(server.count("authorization_code")).toBe(0);
  expect(await state()).toBe("AUTHENTICATING");

  const { text, location: result } = await returnFrom(callback, cookie);
  expect(text).toContain("Connected to");
  expect(server.count("authorization_code")).toBe(1);

  // Only the owner sees the result, and the code is used up.
  expect((await fetch(result, { headers: { cookie: `user=${thief}` } })).status).toBe(400);
  for (const [, cookies] of others(cookie)) await fetch(callback, { headers: { cookie: cookies } });
  expect(server.count("authorization_code")).toBe(1);
  expect(await clientOf(apps[1].origin, thief).connections.list.query()).toEqual([]);
});

test("a thief who consents with the owner's state signs no one in, and the owner still can", async () => {
  const { authUrl, state } = await waiting(owner);
  const { cookie, location } = await openSignIn(authUrl, owner);
  const stolen = await server.answer(location);
  for (const cookies of [`user=${thief}`, cookie.replace(owner, thief), ""]) {
    const back = await fetch(stolen, { headers: { ...opened, cookie: cookies } });
    expect([400, 401]).toContain(back.status);
  }
  expect(server.count("authorization_code")).toBe(0);
  expect(await state()).toBe("AUTHENTICATING");
  const { text } = await returnFrom(await server.answer(location), cookie);
  expect(text).toContain("Connected to");
});

test("a thief's own callback, opened in the owner's browser, signs no one in", async () => {
  const victim = await waiting(owner);
  const { cookie } = await openSignIn(victim.authUrl, owner);
  const own = await waiting(thief);
  const begun = await openSignIn(own.authUrl, thief);
  const bait = await server.answer(begun.location);
  for (const cookies of [`user=${owner}`, cookie, begun.cookie.replace(thief, owner)]) {
    const back = await fetch(bait, { headers: { cookie: cookies } });
    expect(back.status).toBe(400);
  }
  expect(server.count("authorization_code")).toBe(0);
  expect([await victim.state(), await own.state()]).toEqual(["AUTHENTICATING", "AUTHENTICATING"]);
});
