import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { expect, onTestFinished, test } from "vitest";
import type { Dialled } from "../dialled.js";
import { methods } from "../method.js";
import { connectTo } from "../talk.fixture.js";
import { type ListMethod, listPages } from "./list-pages.js";

/** To support another list method, this row is needed… */
const listResourcesMethod = {
  ...methods.listTools,
  name: "resources/list",
  list: "resources",
  noun: "resources",
} as const satisfies ListMethod;

/** …and this function. */
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

/** A real MCP server, for both eras, that lists resources in pages. */
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

test("another list method needs only a row and a function: all pages are read within one budget", async () => {
  const { url, asked } = await startResources({ resources: files(25), perPage: 10 });
  const { server } = await connectTo(url);
  expect(await listResources(server)).toEqual(files(25).map(({ uri }) => uri));
  expect(asked).toEqual([undefined, "10", "20"]);
});

test("errors about its limits name its own kind of member", async () => {
  const { url } = await startResources({ resources: files(25), perPage: 5 });
  const few = await connectTo(url, { tools: 12 });
  await expect(listResources(few.server)).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: expect.stringMatching(/ lists more than 12 resources$/),
  });
  const short = await connectTo(url, { toolPages: 4 });
  await expect(listResources(short.server)).rejects.toMatchObject({
    message: expect.stringMatching(/ lists its resources on more than 4 pages$/),
  });
  const small = await connectTo(url, { toolListBytes: 400 });
  await expect(listResources(small.server)).rejects.toMatchObject({
    message: expect.stringMatching(/ sent a list of resources larger than 400 bytes$/),
  });
});

test("a malformed member does not hide the others", async () => {
  const resources = [{ uri: 7 }, "file", null, { uri: "file:///a", name: "a", icons: "none" }];
  const { url } = await startResources({ resources, perPage: 10 });
  const { server } = await connectTo(url);
  expect(await listResources(server)).toEqual(["7", "file:///a"]);
});

test("a server without the resources capability gets no request for them", async () => {
  const modern = await startModernServer();
  onTestFinished(modern.close);
  const { server } = await connectTo(modern.url);
  expect(await listResources(server)).toEqual([]);
  expect(modern.requests().map(({ rpcMethod }) => rpcMethod)).toEqual(["server/discover"]);
});
