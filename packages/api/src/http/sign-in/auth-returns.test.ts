import { setTimeout as pause } from "node:timers/promises";
import { answerConsentPage, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { appWith, baseUrl, tokenRequests } from "./auth-pages.fixture.js";

let notes: Awaited<ReturnType<typeof startOauthServer>>;

beforeAll(async () => {
  notes = await startOauthServer();
  return notes.close;
});
beforeEach(() => notes.resetRequests());

describe("a sign-in that was overtaken says by what, and changes nothing", () => {
  test.each([
    ["cancelled", "disconnect", "You cancelled it"],
    ["signed out of", "signOut", "You signed out"],
  ] as const)("%s while the consent page was open", async (_what, end, reason) => {
    const { mcp, user, sessionId, consent, cookie, endOf } = await signingIn();
    const callback = await answerConsentPage(consent);
    await mcp.forUser(user)[end](sessionId);
    const before = await mcp.forUser(user).get(sessionId);
    const { status, text } = await endOf(callback, cookie);
    expect(status).toBe(400);
    expect(text).toContain("This sign-in cannot be completed");
    expect(text).toContain(`${reason}.`);
    expect(text).toContain("Sign in again");
    expect(tokenRequests(notes)).toEqual([]);
    expect(await mcp.forUser(user).get(sessionId)).toEqual(before);
  });

  test("removed while the consent page was open", async () => {
    const { mcp, user, sessionId, consent, cookie, endOf } = await signingIn();
    const callback = await answerConsentPage(consent);
    await mcp.forUser(user).remove(sessionId);
    const { status, text } = await endOf(callback, cookie);
    expect(status).toBe(400);
    expect(text).toContain("This connection was removed");
    expect(tokenRequests(notes)).toEqual([]);
    expect(await mcp.forUser(user).list()).toEqual([]);
  });

  test("not finished in time: the browser that started it sees that, another browser only that it is unknown", async () => {
    const { mcp, user, sessionId, consent, cookie, endOf } = await signingIn({ attemptTtl: 1 });
    const callback = await answerConsentPage(consent);
    await pause(1_100);
    expect((await endOf(callback, cookie)).text).toContain("has timed out");
    expect((await endOf(callback, `user=${user}`)).text).toContain("is not valid, or has expired");
    expect(tokenRequests(notes)).toEqual([]);
    expect(await mcp.forUser(user).get(sessionId)).toMatchObject({ reason: "The sign-in timed out" });
  });

  test("started again after a cancel: the old sign-in says so, and the new one can still be finished", async () => {
    const { mcp, user, sessionId, authUrl, consent, cookie, visitStart, endOf } = await signingIn();
    const old = await answerConsentPage(consent);
    await mcp.forUser(user).disconnect(sessionId);
    await mcp.forUser(user).reconnect(sessionId);
    const second = await visitStart(authUrl);
    const { status, text } = await endOf(old, cookie);
    expect(status).toBe(400);
    expect(text).toContain("You have started another sign-in to Notes since then");
    expect((await endOf(await answerConsentPage(second.consent), second.cookie)).text).toContain("Connected to Notes");
  });
});

describe("a redirect URL of the app's own", () => {
  const callbackUrl = `${baseUrl}/oauth/callback?tenant=one`;

  test("works like the handler's own, only in the browser that started the sign-in", async () => {
    const app = appWith(notes, { callbackUrls: [callbackUrl] });
    const { sessionId, authUrl } = await app.mcp.forUser(app.user).connect({ serverUrl: notes.url, callbackUrl });
    const { consent, cookie } = await app.visitStart(authUrl ?? "");
    const back = await answerConsentPage(consent);
    expect(back.href).toMatch(`${callbackUrl}&`);
    const stolen = await app.endOf(back, "user=stranger");
    expect(stolen.text).toContain("started in another browser or by another user");
    const { location, text } = await app.endOf(back, cookie);
    expect(location).toMatch(/\/api\/mcp\/auth\/result\/[0-9a-f]{64}$/);
    expect(text).toContain("You can close this window");
    expect(await app.mcp.forUser(app.user).get(sessionId)).toMatchObject({ state: "CONNECTED" });
  });

  test("is not found unless the operator has listed it", async () => {
    const { get } = appWith(notes);
    expect((await get(`${callbackUrl}&state=x&code=y`)).status).toBe(404);
  });
});

/** The orders in which the windows come back. */
const orders = [
  ["the oldest first", (count: number) => [...Array(count).keys()]],
  ["the newest first", (count: number) => [...Array(count).keys()].reverse()],
  ["from the middle", (count: number) => [...Array(count).keys()].map((index) => (index * 7 + 3) % count)],
] as const;

test.each(orders)(
  "mcp-remote#235: of ten windows, the first one back signs in, with its own verifier: %s",
  async (_, orderOf) => {
    const app = appWith(notes);
    const { authUrl, sessionId } = await app.connecting();
    const windows = [];
    for (let count = 0; count < 10; count += 1) windows.push(await app.visitStart(authUrl));
    const callbacks = await Promise.all(windows.map(({ consent }) => answerConsentPage(consent)));
    expect(new Set(windows.map(({ consent }) => new URL(consent).searchParams.get("code_challenge"))).size).toBe(10);
    notes.resetRequests();
    const texts = [];
    for (const index of orderOf(10)) {
      texts.push((await app.endOf(callbacks[index] ?? "", windows[index]?.cookie ?? "")).text);
    }
    const [first, ...others] = texts;
    expect(first).toContain("Connected to Notes");
    for (const other of others) expect(other).toContain("You signed in from another window");
    expect(tokenRequests(notes)).toMatchObject([{ status: 200, grantType: "authorization_code" }]);
    expect(await app.mcp.forUser(app.user).get(sessionId)).toMatchObject({ state: "CONNECTED", signedIn: true });
  },
);

test("agents#490: ten windows that come back at the same moment make one sign-in", async () => {
  const app = appWith(notes);
  const { authUrl, sessionId } = await app.connecting();
  const windows = await Promise.all(Array.from({ length: 10 }, () => app.visitStart(authUrl)));
  const callbacks = await Promise.all(windows.map(({ consent }) => answerConsentPage(consent)));
  await Promise.all(windows.map(({ cookie }, index) => app.endOf(callbacks[index] ?? "", cookie)));
  expect(await app.mcp.forUser(app.user).get(sessionId)).toMatchObject({ state: "CONNECTED", signedIn: true });
  const texts = await Promise.all(
    windows.map(async ({ cookie }, index) => (await app.endOf(callbacks[index] ?? "", cookie)).text),
  );
  for (const text of texts) expect(text).toMatch(/Connected to Notes|You signed in from another window/);
  expect(tokenRequests(notes).every(({ status }) => status === 200)).toBe(true);
});

describe("LibreChat#11756: a sign-in that an attacker started stores nothing", () => {
  test.each([
    ["in the victim's signed-in browser", (cookie: string, user: string) => cookie.replace(user, "victim")],
    ["in the victim's browser without the attacker's cookie", () => "user=victim"],
    ["in another browser of the attacker", (_: string, user: string) => `user=${user}`],
    [
      "in a browser with a guessed attempt cookie",
      (cookie: string) => cookie.replace(/=[\w-]{43}$/, `=${"A".repeat(43)}`),
    ],
  ])("%s", async (_where, bring) => {
    const { mcp, user, sessionId, consent, cookie, endOf } = await signingIn();
    const callback = await answerConsentPage(consent);
    notes.resetRequests();
    const { status, location } = await endOf(callback, bring(cookie, user));
    expect(status).toBe(400);
    expect(location).toBe(`${baseUrl}/api/mcp/auth/result/foreign`);
    expect(notes.requests()).toEqual([]);
    expect(await mcp.forUser(user).get(sessionId)).toMatchObject({ state: "AUTHENTICATING", signedIn: false });
    expect(await mcp.forUser("victim").list()).toEqual([]);
  });

  test("in a browser without a signed-in user", async () => {
    const { consent, endOf } = await signingIn();
    const callback = await answerConsentPage(consent);
    notes.resetRequests();
    const { back, location } = await endOf(callback, "");
    expect(back.status).toBe(200);
    expect(location).toBe("");
    expect(notes.requests()).toEqual([]);
  });
});

test("the browser keeps only as many attempt cookies as fit in a header, and the oldest go first", async () => {
  const app = appWith(notes);
  const { authUrl } = await app.connecting();
  const jar = Array.from({ length: 40 }, (_, index) => `mcp_attempt_${String(index).padStart(16, "0")}=nonce`);
  const { started } = await app.visitStart(authUrl, [`user=${app.user}`, ...jar].join("; "));
  const [fresh = "", ...gone] = started.headers.getSetCookie().reverse();
  expect(fresh).toContain("Max-Age=3600");
  expect(gone).toHaveLength(25);
  for (const cookie of gone) expect(cookie).toContain("Max-Age=0");
  expect(gone.at(-1)).toContain("mcp_attempt_0000000000000000=;");
});

describe("returnTo", () => {
  const visit = async (returnTo: string) => {
    const app = appWith(notes);
    const { authUrl, sessionId } = await app.connecting();
    const url = new URL(authUrl);
    url.searchParams.set("returnTo", returnTo);
    return { ...app, sessionId, ...(await app.visitStart(url)) };
  };

  test("leads the page of a finished sign-in back to the app, automatically if no window closes", async () => {
    const { consent, cookie, endOf } = await visit("/connections?tab=mine");
    const { text, location } = await endOf(await answerConsentPage(consent), cookie);
    expect(text).toContain(`<a href="${baseUrl}/connections?tab=mine">Back to the app</a>`);
    expect(text).toContain("location.replace");
    expect(new URL(location).search).toBe("");
  });

  test("is kept by a failure page, which stays open, and by its link to sign in again", async () => {
    const { consent, cookie, endOf } = await visit("/connections");
    const { text } = await endOf(await answerConsentPage(consent, { decision: "deny" }), cookie);
    expect(text).toContain(`<a href="${baseUrl}/connections">Back to the app</a>`);
    expect(text).toContain("&amp;returnTo=%2Fconnections");
    expect(text).not.toContain("<script");
  });

  test("is kept by the page for a visit from another site", async () => {
    const { get, connecting } = appWith(notes);
    const { authUrl } = await connecting();
    const page = await get(`${authUrl}&returnTo=/connections`, { "sec-fetch-site": "cross-site" });
    expect(await page.text()).toMatch(/href="\/api\/mcp\/auth\/start\?session=[^"&]+&amp;returnTo=%2Fconnections"/);
  });

  test("is dropped if it leads to another site, and the sign-in continues without it", async () => {
    const { consent, cookie, endOf } = await visit("//evil.example");
    const { text } = await endOf(await answerConsentPage(consent), cookie);
    expect(text).toContain(`<a href="${baseUrl}/">Back to the app</a>`);
    expect(text).not.toContain("location.replace");
    expect(text).not.toContain("evil");
  });
});

describe("a callback without a user", () => {
  const withoutUser = (cookie: string) => cookie.replace(/user=[^;]+; /, "");

  test("reloads once, then tells the user to sign in to the app", async () => {
    const { get, consent, cookie, mcp, user, sessionId } = await signingIn();
    const callback = await answerConsentPage(consent);
    const first = await get(callback, { cookie: withoutUser(cookie), "sec-fetch-site": "cross-site" });
    expect(first.status).toBe(200);
    const text = await first.text();
    expect(text).toContain('<meta http-equiv="refresh" content="0">');
    for (const secret of ["code", "state"]) expect(text).not.toContain(callback.searchParams.get(secret));
    const reloaded = first.headers.get("set-cookie") ?? "";
    expect(reloaded).toMatch(/^mcp_reload_[0-9a-f]{16}=1; Path=\/; Max-Age=60; HttpOnly; SameSite=Lax$/);
    const cookies = `${withoutUser(cookie)}; ${reloaded.split(";")[0]}`;
    const second = await get(callback, { cookie: cookies, "sec-fetch-site": "cross-site" });
    expect(second.headers.get("location")).toBe(`${baseUrl}/api/mcp/auth/result/no-user`);
    expect(second.headers.get("set-cookie")).toContain("Max-Age=0");
    const page = await get(second.headers.get("location") ?? "", { cookie: cookies });
    expect(page.status).toBe(401);
    expect(await page.text()).toContain("Sign in to the app first");
    expect(await mcp.forUser(user).get(sessionId)).toMatchObject({ state: "AUTHENTICATING" });
    expect(tokenRequests(notes)).toEqual([]);
  });

  test("does not reload if the browser comes from the app itself, even without cookies", async () => {
    const { get } = appWith(notes);
    for (const site of ["same-origin", "same-site", "none"]) {
      const back = await get("/api/mcp/auth/callback?state=a&code=b", { cookie: "", "sec-fetch-site": site });
      expect(back.headers.get("location")).toBe(`${baseUrl}/api/mcp/auth/result/no-user`);
    }
  });

  test("finishes the sign-in after the reload and expires the reload cookie", async () => {
    const { get, consent, cookie } = await signingIn();
    const callback = await answerConsentPage(consent);
    const first = await get(callback, { cookie: withoutUser(cookie) });
    const reloaded = first.headers.get("set-cookie")?.split(";")[0] ?? "";
    const second = await get(callback, { cookie: `${cookie}; ${reloaded}` });
    expect(second.headers.getSetCookie().find((line) => line.startsWith(`${reloaded.split("=")[0]}=;`))).toBeDefined();
    expect(await (await get(second.headers.get("location") ?? "")).text()).toContain("Connected to Notes");
  });
});

async function signingIn(options: { attemptTtl?: number } = {}) {
  const app = appWith(notes, options);
  return { ...app, ...(await app.signingIn()) };
}
