import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { expect, onTestFinished, test } from "vitest";
import { connectTo } from "../talk.fixture.js";
import { listResources } from "./resources.js";

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

test("all pages are read within one budget", async () => {
  const { url, asked } = await startResources({ resources: files(25), perPage: 10 });
  const { server } = await connectTo(url);
  expect(await listResources(server)).toMatchObject({ resources: files(25), leftOut: 0 });
  expect(asked).toEqual([undefined, "10", "20"]);
});

test("errors about its limits name its own kind of member", async () => {
  const { url } = await startResources({ resources: files(25), perPage: 5 });
  const few = await connectTo(url, { resources: 12 });
  await expect(listResources(few.server)).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: expect.stringMatching(/ lists more than 12 resources$/),
  });
  const short = await connectTo(url, { toolPages: 4 });
  await expect(listResources(short.server)).rejects.toMatchObject({
    message: expect.stringMatching(/ lists its resources on more than 4 pages$/),
  });
  const small = await connectTo(url, { resultBytes: 400 });
  await expect(listResources(small.server)).rejects.toMatchObject({
    message: expect.stringMatching(/ sent a list of resources larger than 400 bytes$/),
  });
});

test("a malformed member does not hide the others", async () => {
  const resources = [{ uri: 7 }, "file", null, { uri: "file:///a", name: "a", icons: "none" }, { uri: "file:///b" }];
  const { url } = await startResources({ resources, perPage: 10 });
  const { server } = await connectTo(url);
  expect(await listResources(server)).toMatchObject({
    resources: [
      { uri: "file:///a", name: "a" },
      { uri: "file:///b", name: "file:///b" },
    ],
    leftOut: 3,
  });
});
