import { createMcp } from "@mcp-assistant/core";
import { answerConsentPage, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { beforeAll, describe, expect, test } from "vitest";
import { createMcpHandler } from "../create-mcp-handler.js";
import { appWith, baseUrl, tokenRequests } from "./auth-pages.fixture.js";

let notes: Awaited<ReturnType<typeof startOauthServer>>;

beforeAll(async () => {
  notes = await startOauthServer();
  return notes.close;
});

async function connecting(origin = baseUrl) {
  const app = appWith(notes, { baseUrl: origin });
  return { ...app, ...(await app.connecting()) };
}

async function signingIn(origin = baseUrl) {
  const app = appWith(notes, { baseUrl: origin });
  return { ...app, ...(await app.signingIn()) };
}

describe("our start page", () => {
  test("sends the owner to the authorization server, with a cookie for this attempt only", async () => {
    const { started, setCookie } = await signingIn();
    expect(started.status).toBe(303);
    expect(started.headers.get("location")).toMatch(new RegExp(`^${notes.issuer}/auth\\?`));
    expect(setCookie).toMatch(/^mcp_attempt_[0-9a-f]{16}=[\w-]{43}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/);
    expect(started.headers.get("referrer-policy")).toBe("no-referrer");
    expect(started.headers.get("cache-control")).toBe("no-store");
  });

  test("makes the cookie host-bound and secure for an app on https", async () => {
    const { setCookie } = await signingIn("https://app.example.com");
    expect(setCookie).toMatch(/^__Host-mcp_attempt_.*; Path=\/; .*HttpOnly; SameSite=Lax; Secure$/);
  });

  test("GHSA-6x8h-498w-gv8c: starts no attempt for a cross-site link, a prefetch, a stranger or no user", async () => {
    const { get, authUrl } = await connecting();
    notes.resetRequests();
    const linked = await get(authUrl, { "sec-fetch-site": "cross-site" });
    expect(linked.status).toBe(200);
    const page = await linked.text();
    expect(page).toContain(`Continue only if you wanted to sign in to ${new URL(notes.url).host}`);
    expect(page).toContain('href="/api/mcp/auth/start?session=');
    expect((await get(authUrl, { "sec-purpose": "prefetch" })).status).toBe(403);
    const stranger = await get(authUrl, { cookie: "user=stranger" });
    expect(stranger.status).toBe(404);
    expect(await stranger.text()).toContain("Connection not found");
    expect((await get(authUrl, { cookie: "" })).status).toBe(401);
    expect(notes.requests()).toEqual([]);
    for (const { headers } of [linked, stranger]) expect(headers.get("set-cookie")).toBeNull();
  });

  test("names both hosts when it is opened under a host that sign-ins do not return to", async () => {
    const { get, authUrl } = await connecting();
    const response = await get(authUrl, { host: "localhost:3000" });
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(text).toContain("localhost:3000");
    expect(text).toContain("127.0.0.1:3000");
  });

  test("names the server while the app is connecting, and shows nothing else from the address", async () => {
    const { get } = appWith(notes);
    const text = await (await get("/api/mcp/auth/start?server=mcp.example.com:8443")).text();
    expect(text).toContain("Connecting to mcp.example.com:8443");
    for (const other of ["<img src=x>", "https://mcp.example.com/?key=1", "your bank, call 555", ""]) {
      const page = await get(`/api/mcp/auth/start?server=${encodeURIComponent(other)}`);
      expect(await page.text()).toContain("Connecting to the server");
    }
  });
});

describe("the callback", () => {
  test("ends on a page without a query that says it is connected and closes itself", async () => {
    const { get, started, cookie, mcp, user, sessionId } = await signingIn();
    const back = await get(await answerConsentPage(started.headers.get("location") ?? ""), { cookie });
    expect(back.status).toBe(303);
    expect(back.headers.get("set-cookie")).toContain("Max-Age=0");
    const end = new URL(back.headers.get("location") ?? "");
    expect(end.search).toBe("");
    const page = await get(end);
    const text = await page.text();
    expect(text).toContain("Connected to Notes");
    expect(text).toContain("window.close()");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await mcp.forUser(user).get(sessionId)).toMatchObject({ state: "CONNECTED" });
    expect((await get(end, { cookie: "user=stranger" })).status).toBe(400);
  });

  test("exchanges the code once, however often it arrives, and gives the same answer each time", async () => {
    const { get, started, cookie } = await signingIn();
    const callback = await answerConsentPage(started.headers.get("location") ?? "");
    notes.resetRequests();
    const backs = await Promise.all([get(callback, { cookie }), get(callback, { cookie }), get(callback, { cookie })]);
    const later = await get(callback, { cookie });
    expect(new Set([...backs, later].map(({ headers }) => headers.get("location"))).size).toBe(1);
    expect(tokenRequests(notes)).toHaveLength(1);
    expect(await (await get(later.headers.get("location") ?? "")).text()).toContain("Connected to Notes");
  });

  test("treats a decline as an answer, not as a failure", async () => {
    const { get, started, cookie, mcp, user, sessionId } = await signingIn();
    const declined = await answerConsentPage(started.headers.get("location") ?? "", { decision: "deny" });
    const back = await get(declined, { cookie });
    const text = await (await get(back.headers.get("location") ?? "")).text();
    expect(text).toContain("You declined access");
    expect(text).not.toContain("window.close()");
    const connection = await mcp.forUser(user).get(sessionId);
    expect(connection).toMatchObject({ state: "DISCONNECTED", error: null });
    expect(connection.reason).toContain("You declined access");
  });

  test.each([
    ["was declined", { decision: "deny" }, {}, "You declined, so nothing has changed.", true],
    ["failed", {}, { code: "made-up-code" }, "This sign-in failed.", false],
  ] as const)("says the connection still works after a sign-in for more permission %s", async (...row) => {
    const [, answer, params, expectedText, closes] = row;
    const { get, started, cookie, mcp, user, sessionId, authUrl } = await signingIn();
    await get(await answerConsentPage(started.headers.get("location") ?? ""), { cookie });
    const again = await get(authUrl);
    const callback = await answerConsentPage(again.headers.get("location") ?? "", answer);
    for (const [name, value] of Object.entries(params)) callback.searchParams.set(name, value);
    const cookies = `user=${user}; ${again.headers.get("set-cookie")?.split(";")[0]}`;
    const end = (await get(callback, { cookie: cookies })).headers.get("location") ?? "";
    const text = await (await get(end)).text();
    expect(text).toContain("Notes is still connected");
    expect(text).toContain(expectedText);
    expect(text.includes("window.close()")).toBe(closes);
    expect(await mcp.forUser(user).get(sessionId)).toMatchObject({ state: "CONNECTED" });
  });

  test.each([
    ["with an unknown state", "unknown", { state: "x".repeat(43) }, "own"],
    ["in another browser", "foreign", {}, "withoutAttempt"],
    ["of another user", "foreign", {}, "stranger"],
    ["from another issuer", "issuer", { iss: "https://evil.example.com" }, "own"],
  ] as const)("%s changes nothing", async (_who, reason, params, brings) => {
    const { get, started, cookie, mcp, user, sessionId } = await signingIn();
    const callback = await answerConsentPage(started.headers.get("location") ?? "");
    for (const [name, value] of Object.entries(params)) callback.searchParams.set(name, value);
    const cookies = {
      own: cookie,
      withoutAttempt: `user=${user}`,
      stranger: cookie.replace(user, "stranger"),
    };
    notes.resetRequests();
    const back = await get(callback, { cookie: cookies[brings] });
    expect(back.headers.get("location")).toBe(`${baseUrl}/api/mcp/auth/result/${reason}`);
    const page = await get(back.headers.get("location") ?? "");
    expect(page.status).toBe(400);
    expect(await page.text()).toContain("Nothing has changed");
    expect(tokenRequests(notes)).toEqual([]);
    expect(await mcp.forUser(user).get(sessionId)).toMatchObject({ state: "AUTHENTICATING" });
  });
});

test("a call that needs more permission is refused with SCOPE_REQUIRED, not as an error of the app", async () => {
  const { get, started, cookie, sessionId, POST } = await signingIn();
  await get(await answerConsentPage(started.headers.get("location") ?? ""), { cookie });
  const response = await POST(
    new Request(`${baseUrl}/api/mcp/trpc/mcp.tools.call`, {
      method: "POST",
      headers: { origin: baseUrl, cookie, "content-type": "application/json" },
      body: JSON.stringify({ sessionId, name: "delete_note", arguments: { id: "nope" } }),
    }),
  );
  expect(response.status).toBe(412);
  const message = `${notes.hosts[0]} needs more permissions: notes:delete`;
  expect(await response.json()).toMatchObject({
    error: { message, data: { mcp: { code: "SCOPE_REQUIRED", message, retryable: false } } },
  });
});

test("an unexpected error is logged by its class and never shown to the browser", async () => {
  const logged: unknown[] = [];
  const mcp = createMcp({ storage: "memory", baseUrl, logger: (event) => logged.push(event) });
  const { GET } = createMcpHandler({
    mcp,
    userId: () => {
      throw new TypeError("connect ECONNREFUSED postgres://app:s3cret@10.0.0.5/db");
    },
  });
  const response = await GET(new Request(`${baseUrl}/api/mcp/trpc/mcp.connections.list`));
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("s3cret");
  expect(logged).toMatchObject([{ level: "error" }]);
  expect(JSON.stringify(logged)).toContain("TypeError");
  expect(JSON.stringify(logged)).not.toContain("s3cret");
});

test("another site cannot act for the user, and unknown paths are not found", async () => {
  const { get, POST, mcp, user } = appWith(notes);
  const connect = (origin: string) =>
    POST(
      new Request(`${baseUrl}/api/mcp/trpc/mcp.connections.connect`, {
        method: "POST",
        headers: { origin, cookie: `user=${user}`, "content-type": "application/json" },
        body: JSON.stringify({ serverUrl: notes.url }),
      }),
    );
  expect((await connect("https://evil.example.com")).status).toBe(403);
  expect((await connect("null")).status).toBe(403);
  expect(await mcp.forUser(user).list()).toEqual([]);
  expect((await connect(baseUrl)).status).toBe(200);
  for (const path of ["/api/mcp", "/api/mcp/", "/api/mcp/auth", "/api/mcp/authx/start", "/api/mcpx/auth/start"]) {
    expect((await get(path)).status).toBe(404);
  }
});
