import { createMcp, MCPClient, type Mcp, type McpOptions } from "@mcp-assistant/core";
import { answerConsentPage, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { initTRPC } from "@trpc/server";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { appWith } from "../src/http/sign-in/auth-pages.fixture.js";
import {
  createMcpHandler,
  createMcpRouter,
  createSSEHandler,
  type SSEHandlerOptions,
  toNodeHandler,
} from "../src/index.js";

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

const mcp = createMcp({ storage: "memory", baseUrl });
const { procedure } = initTRPC.create();
/** What an earlier version's createMcp returned, as far as it matters. */
const older = { forUser: mcp.forUser, report: mcp.report };
const userId = () => "ada";

const notAnMcp: [what: string, mcp: unknown, message: string][] = [
  ["no mcp", null, '"mcp" was not returned by this version\'s createMcp'],
  ["an empty object", {}, "createMcp"],
  ["a promise of an mcp", Promise.resolve(mcp), '"mcp" is a promise'],
  ["a client", new MCPClient({ userId: "ada", serverUrl: "https://a.example/mcp" }), "createMcp"],
  ["a class", MCPClient, "createMcp"],
  ["createMcp itself", createMcp, "createMcp"],
  ["text", "mcp", "createMcp"],
  ["the mcp of another version", older, "createMcp"],
  ["options instead of an mcp", { storage: "memory" }, "createMcp"],
];

test.each([
  ...["createMcpHandler", "createMcpRouter", "createSSEHandler"].flatMap((name) =>
    notAnMcp.map(([what, given, message]) => [name, what, { mcp: given, procedure, userId }, message] as const),
  ),
  ["createMcpHandler", "no userId", { mcp }, '"userId" is missing'],
  ["createMcpHandler", "a user's id instead of a function", { mcp, userId: "ada" }, '"userId" is not a function'],
  ["createMcpRouter", "no userId", { mcp, procedure }, '"userId" is missing'],
  ["toNodeHandler", "one method alone", createMcpHandler({ mcp, userId }).GET, "createMcpHandler"],
  ["toNodeHandler", "a promise", Promise.resolve(createMcpHandler({ mcp, userId })), "createMcpHandler"],
  ["toNodeHandler", "nothing", undefined, "createMcpHandler"],
] as const)("%s with %s is refused when it is made", (name, _what, given, message) => {
  const makers = { createMcpHandler, createMcpRouter, createSSEHandler, toNodeHandler };
  // As in JavaScript: TypeScript would not let these through.
  const make = makers[name as keyof typeof makers] as (given: unknown) => unknown;
  expect(() => make(given)).toThrow(
    expect.objectContaining({ code: "CONFIGURATION_INVALID", message: expect.stringContaining(message) }),
  );
  expect(() => make(given)).toThrow(expect.objectContaining({ message: expect.stringMatching(`^${name}: `) }));
});

/** What `createSSEHandler` as a whole server answers to a GET. */
async function servedBySse(options: Partial<SSEHandlerOptions>, path: string) {
  let answer = { status: 0, type: "" };
  let text = "";
  const res = {
    writeHead(status: number, headers: Record<string, string | string[]>) {
      answer = { status, type: String(headers["content-type"]).replace(/;.*/, "") };
    },
    write(part: string) {
      text += part;
      return true;
    },
    end: () => undefined,
  };
  await createSSEHandler({ userId: null, ...options })({ method: "GET", url: path, headers: {} }, res);
  return { ...answer, text };
}

test.each([
  ["the stream", "text/event-stream", "/api/mcp/sse", "/api/mcp"],
  ["the stream", "text/event-stream", "/", "/api/mcp"],
  ["the stream", "text/event-stream", "/auth/mcp/sse", "/api/mcp"],
  ["the stream", "text/event-stream", "/auth/sse", "/api/mcp"],
  ["the stream", "text/event-stream", "/auth/start/sse", "/api/mcp"],
  ["the stream", "text/event-stream", "/api/auth/mcp", "/api"],
  ["the stream", "text/event-stream", "/trpc/sse", "/api/mcp"],
  ["the stream", "text/event-stream", "/trpc/mcp", "/api/mcp"],
  ["the stream", "text/event-stream", "/api/trpc/mcp-sse", "/api"],
  ["the stream", "text/event-stream", "/api/mcp/trpc/mcp.connections.list", "/api/mcp"],
  ["the stream", "text/event-stream", "/client-metadata.json/sse", "/api/mcp"],
  ["the stream", "text/event-stream", "/auth/result/sse", "/auth/result"],
  ["a page", "text/html", "/api/mcp/auth/start?server=a.example", "/api/mcp"],
  ["a page", "text/html", "/auth/start", "/api/mcp"],
  ["a page", "text/html", "/auth/mcp/auth/start", "/auth/mcp"],
  ["a page", "text/html", "/mcp/auth/callback?state=a", "/api/mcp"],
  ["a page", "text/html", "/api/mcp/auth/result/gone", "/api/mcp"],
  ["the document", "text/plain", "/api/mcp/client-metadata.json", "/api/mcp"],
])("createSSEHandler serves %s (%s) at %s with the basePath %s", async (_what, type, path, basePath) => {
  const mcp = createMcp({ storage: "memory", baseUrl, basePath, logger: null });
  expect(await servedBySse({ mcp }, path)).toMatchObject({ type });
  await mcp.close();
});

test("an mcp that turns out to be none at a request is refused with the option to change", async () => {
  const asked = vi.fn<() => unknown>().mockReturnValueOnce(undefined).mockReturnValue({});
  const options = {
    userId: null,
    get mcp() {
      return asked() as Mcp;
    },
  };
  const written: string[] = [];
  const res = { writeHead: vi.fn(), write: (text: string) => written.push(text), end: () => undefined };
  await createSSEHandler(options)({ method: "GET", url: "/", headers: {} }, res);
  expect(res.writeHead).toHaveBeenCalledWith(412, expect.anything());
  expect(written.join("")).toContain('createSSEHandler: \\"mcp\\" was not returned by');
});

test.each(["sse", "connections", "auth/start?session=s", "trpc/mcp.connections.list", "nothing"])(
  "an mcp that fails at a request to %s is a 500 that says nothing, and the log says so",
  async (path) => {
    const report = vi.fn();
    const failing = Object.create(mcp, {
      report: { value: report },
      baseUrl: { get: () => expect.fail("postgres://app:hunter2@db") },
    });
    const answers = [
      await servedBySse({ mcp: failing }, `/api/mcp/${path}`),
      await createMcpHandler({ mcp: failing, userId })
        .GET(new Request(`${baseUrl}/api/mcp/${path}`))
        .then(async (response) => ({ status: response.status, text: await response.text() })),
    ].filter(({ status }) => status !== 404);
    expect(answers.length).toBeGreaterThan(0);
    for (const { status, text } of answers) {
      expect([status, text]).toEqual([500, expect.stringContaining("Something went wrong in the app")]);
      expect(text).not.toContain("hunter2");
    }
    expect(report).toHaveBeenCalledTimes(answers.length);
  },
);

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
