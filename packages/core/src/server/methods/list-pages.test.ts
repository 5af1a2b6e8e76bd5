import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { expect, onTestFinished, test } from "vitest";
import { methods } from "../budget.js";
import type { Dialled } from "../dialled.js";
import { talkWith } from "../talk.fixture.js";
import { type ListMethod, listPages } from "./list-pages.js";

/** What a further method needs: this row, */
const listResourcesMethod = {
  ...methods.listTools,
  name: "resources/list",
  list: "resources",
  noun: "resources",
} as const satisfies ListMethod;

/** and this function. */
async function listResources(server: Dialled): Promise<string[]> {
  if (!server.offers("resources")) return [];
  const listed = await listPages(server, listResourcesMethod);
  return listed.flatMap((resource) =>
    typeof resource === "object" && resource !== null && "uri" in resource ? [String(resource.uri)] : [],
  );
}

interface Listing {
  resources: readonly unknown[];
  perPage: number;
}

/** A real MCP server of either era with resources, in pages. */
async function startResources({ resources, perPage }: Listing) {
  const asked: unknown[] = [];
  const handler = createMcpHandler(() => {
    const mcp = new McpServer({ name: "files", version: "1.0.0" });
    mcp.registerResource("first", "file:///first", {}, () => ({ contents: [] }));
    mcp.server.setRequestHandler("resources/list", ({ params }) => {
      asked.push(params?.cursor);
      const start = Number(params?.cursor ?? 0);
      const end = start + perPage;
      const page = { resources: resources.slice(start, end) as never };
      return end < resources.length ? { ...page, nextCursor: `${end}` } : page;
    });
    return mcp;
  });
  const answer = toNodeHandler(handler);
  const server = await startLoopbackServer((request, response) => {
    void answer(Object.assign(request, { method: request.method ?? "GET", url: request.url ?? "/" }), response);
  });
  onTestFinished(async () => {
    await handler.close();
    await server.close();
  });
  return { url: `${server.origin}/mcp`, asked };
}

const files = (count: number) => Array.from({ length: count }, (_, at) => ({ uri: `file:///${at}`, name: `${at}` }));

test("a further list takes a row and a function: all pages are read, by one budget", async () => {
  const { url, asked } = await startResources({ resources: files(25), perPage: 10 });
  const { server } = await talkWith(url);
  expect(await listResources(server)).toEqual(files(25).map(({ uri }) => uri));
  expect(asked).toEqual([undefined, "10", "20"]);
});

test("its limits are named as its own", async () => {
  const { url } = await startResources({ resources: files(25), perPage: 5 });
  const few = await talkWith(url, { tools: 12 });
  await expect(listResources(few.server)).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: expect.stringMatching(/ lists more than 12 resources$/),
  });
  const short = await talkWith(url, { toolPages: 4 });
  await expect(listResources(short.server)).rejects.toMatchObject({
    message: expect.stringMatching(/ lists its resources on more than 4 pages$/),
  });
  const small = await talkWith(url, { toolListBytes: 400 });
  await expect(listResources(small.server)).rejects.toMatchObject({
    message: expect.stringMatching(/ lists its resources with more than 400 bytes$/),
  });
});

test("an odd member hides no other", async () => {
  const resources = [{ uri: 7 }, "file", null, { uri: "file:///a", name: "a", icons: "none" }];
  const { url } = await startResources({ resources, perPage: 10 });
  const { server } = await talkWith(url);
  expect(await listResources(server)).toEqual(["7", "file:///a"]);
});

test("a server that offers no resources is not asked for any", async () => {
  const modern = await startModernServer();
  onTestFinished(modern.close);
  const { server } = await talkWith(modern.url);
  expect(await listResources(server)).toEqual([]);
  expect(modern.requests().map(({ rpcMethod }) => rpcMethod)).toEqual(["server/discover"]);
});
