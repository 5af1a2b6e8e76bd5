import { createMcp, type McpOptions } from "@mcp-assistant/core";
import { answerConsentPage, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appWith } from "../src/http/sign-in/auth-pages.fixture.js";
import { createMcpHandler } from "../src/index.js";

let notes: Awaited<ReturnType<typeof startOauthServer>>;

beforeAll(async () => {
  notes = await startOauthServer();
});
afterAll(() => notes.close());

const baseUrl = "http://127.0.0.1:3000";

describe.each([
  ["where browsers see it", "/tools/api/mcp", (path: string) => path],
  ["below a prefix that Next.js or a proxy removes", "/tools/api/mcp", (path: string) => path.replace("/tools", "")],
  ["at a mount point that a router removes", "/mcp", (path: string) => path.replace("/mcp", "")],
  ["with a slash that Next.js adds", "/api/mcp", (path: string) => path.replace(/(\?|$)/, "/$1")],
])("a handler %s", (_where, basePath, arriving) => {
  /** What the handler gets for an address in the browser. */
  const inside = (address: string) => `${baseUrl}${arriving(address.replace(baseUrl, ""))}`;

  test("signs in, with every link below basePath", async () => {
    const app = appWith(notes, { basePath });
    const { sessionId, authUrl } = await app.connecting();
    expect(authUrl).toBe(`${baseUrl}${basePath}/auth/start?session=${encodeURIComponent(sessionId)}`);

    const asked = await app.get(inside(`${authUrl}&returnTo=/tools/notes`), { "sec-fetch-site": "cross-site" });
    const [, link = ""] = /href="(\/[^"]+)">Continue/.exec(await asked.text()) ?? [];
    expect(link.replaceAll("&amp;", "&")).toBe(
      `${basePath}/auth/start?${new URLSearchParams({ session: sessionId, returnTo: "/tools/notes" })}`,
    );

    const { consent, cookie } = await app.visitStart(inside(`${baseUrl}${link.replaceAll("&amp;", "&")}`));
    expect(new URL(consent).searchParams.get("redirect_uri")).toMatch(`${baseUrl}${basePath}/auth/issuer/`);
    const callback = await answerConsentPage(consent);
    const back = await app.get(inside(callback.href), { cookie });
    const end = back.headers.get("location") ?? "";
    expect(end).toMatch(new RegExp(`^${baseUrl}${basePath}/auth/result/[\\w-]+$`));
    const page = await (await app.get(inside(end))).text();
    expect(page).toContain("Connected to Notes");
    expect(page).toContain(`href="${baseUrl}/tools/notes"`);
  });

  test("serves the procedures, alone and in a batch", async () => {
    const app = appWith(notes, { basePath });
    const list = `${baseUrl}${basePath}/trpc/mcp.connections.list`;
    expect(await (await app.get(inside(list))).json()).toEqual({ result: { data: [] } });
    const batch = await app.get(inside(`${list},mcp.connections.list?batch=1`));
    expect(await batch.json()).toEqual([{ result: { data: [] } }, { result: { data: [] } }]);
  });
});

test("returnTo names no address of the handler, wherever it is", async () => {
  const app = appWith(notes, { basePath: "/tools/mcp" });
  const { authUrl } = await app.connecting();
  for (const [returnTo, kept] of [
    ["/tools/mcp/auth/start?session=a", false],
    ["/TOOLS/mcp", false],
    ["/tools", true],
    ["/api/mcp/auth/start", true],
  ] as const) {
    const asked = await app.get(`${authUrl}&returnTo=${encodeURIComponent(returnTo)}`, {
      "sec-fetch-site": "cross-site",
    });
    expect((await asked.text()).includes("returnTo"), returnTo).toBe(kept);
  }
});

test.each([
  ["/api/mcp", "/"],
  ["/tools/api/mcp", "/tools/"],
  ["/mcp", "/"],
])("with a basePath of %s, the pages lead back to %s", async (basePath, home) => {
  const page = await appWith(notes, { basePath }).get(`${basePath}/auth/start?session=a`, { cookie: "" });
  expect(await page.text()).toContain(`href="${baseUrl}${home}"`);
});

test("a callbackUrl is served below a prefix that is removed on the way, too", async () => {
  const callbackUrls = [`${baseUrl}/tools/oauth/callback`];
  const app = appWith(notes, { callbackUrls });
  for (const path of ["/tools/oauth/callback", "/oauth/callback", "/oauth/callback/"]) {
    const back = await app.get(`${path}?state=forged&code=a`);
    expect([back.status, back.headers.get("location")], path).toEqual([303, expect.stringContaining("/auth/result/")]);
  }
  for (const path of ["/", "/auth/callback/oauth/callback", "/other"]) expect((await app.get(path)).status).toBe(404);
});

/** Where the handler is asked, what it answers, and what the log says. */
async function ask(options: Partial<McpOptions>, path: string) {
  const lines: string[] = [];
  const logger: McpOptions["logger"] = ({ message }) => void lines.push(message);
  const mcp = createMcp({ storage: "memory", baseUrl, ...options, logger });
  const { GET } = createMcpHandler({ mcp, userId: () => "ada" });
  const once = async () => {
    const response = await GET(new Request(`${baseUrl}${path}`));
    return { status: response.status, text: await response.text() };
  };
  await once();
  return { ...(await once()), lines };
}

test.each([
  [
    "at another path than basePath",
    {},
    "/mcp-api/auth/start",
    404,
    "gets requests at /mcp-api, but its links lead to /api/mcp",
  ],
  [
    "at another path, for the procedures",
    {},
    "/x/trpc/mcp.connections.list",
    404,
    "gets requests at /x, but its links",
  ],
  [
    "at the default path, with another basePath",
    { basePath: "/mcp" },
    "/api/mcp/auth/start",
    404,
    "links lead to /mcp. Set basePath",
  ],
  ["below a prefix that basePath lacks", {}, "/shop/api/mcp/auth/start", 404, "gets requests at /shop/api/mcp, but"],
  // It may be right: a proxy may remove /api. So it answers.
  [
    "at an end of the default path",
    {},
    "/mcp/auth/start",
    200,
    "gets requests at /mcp, but its links lead to /api/mcp",
  ],
])("a handler %s says so, once in the log", async (_where, options, path, status, text) => {
  const answer = await ask(options, path);
  expect(answer.status).toBe(status);
  if (status === 404) expect(answer.text).toContain(text);
  expect(answer.lines).toEqual([expect.stringContaining(text)]);
});

test.each([
  ["at basePath", {}, "/api/mcp/auth/start"],
  ["at an end of a basePath of the app's own", { basePath: "/tools/api/mcp" }, "/api/mcp/auth/start"],
  ["at a mount point that was removed", {}, "/auth/start"],
])("a handler %s logs nothing", async (_where, options, path) => {
  expect(await ask(options, path)).toMatchObject({ status: 200, lines: [] });
});

test("an unknown path that is not harmless is not repeated", async () => {
  for (const path of ["/%3Cscript%3E/auth/start", `/${"x".repeat(65)}/auth/start`, "/a;b/auth/start"]) {
    const answer = await ask({}, path);
    expect(answer).toMatchObject({ status: 404, lines: [] });
    expect(answer.text).toContain("The handler serves addresses below /api/mcp");
  }
});

test("onAuth decides for pages, procedures, JSON addresses and the stream", async () => {
  const { mcp } = appWith(notes, {});
  let isAllowed = false;
  const handler = createMcpHandler({ mcp, userId: () => "eve", onAuth: () => isAllowed });
  const statuses = () =>
    Promise.all(
      ["/connections", "/sse", "/trpc/mcp.connections.list", "/auth/start?session=s"].map(async (path) => {
        const response = await handler.GET(new Request(`${baseUrl}/api/mcp${path}`));
        await response.body?.cancel();
        return response.status;
      }),
    );
  expect(await statuses()).toEqual([403, 403, 403, 403]);
  isAllowed = true;
  expect(await statuses()).toEqual([200, 200, 200, 404]);
  await mcp.close();
});

test("a long path costs no time", async () => {
  const { mcp } = appWith(notes, {});
  const { GET } = createMcpHandler({ mcp, userId: () => null });
  const before = process.cpuUsage();
  for (const path of [`/api/mcp${"/".repeat(15_000)}`, "/a".repeat(7_900)]) {
    expect((await GET(new Request(`${baseUrl}${path}`))).status).toBe(404);
  }
  // It was seconds when each slash was judged with all that follows it.
  expect(process.cpuUsage(before).user / 1_000).toBeLessThan(300);
  await mcp.close();
});
