import { createMcp, MCPClient, type Mcp } from "@mcp-assistant/core";
import { initTRPC } from "@trpc/server";
import { expect, test, vi } from "vitest";
import {
  createMcpHandler,
  createMcpRouter,
  createSSEHandler,
  type SSEHandlerOptions,
  toNodeHandler,
} from "../src/index.js";

const baseUrl = "http://127.0.0.1:3000";

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
