import { json } from "node:stream/consumers";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { answerLegacyMcp, startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test, vi } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { partsOf } from "../src/open-mcps.js";
import type { McpOptions } from "../src/options/options.js";
import { someUser } from "../src/samples.fixture.js";
import { isWithin } from "../src/standing/resource-updates.js";
import { startChangingLegacy } from "./changing-server.js";

async function connected(options: Partial<McpOptions> = {}) {
  const server = await startChangingLegacy();
  const mcp = appFor(server, options);
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: server.url });
  const { followed } = partsOf(mcp)();
  return { mcp, user, sessionId, list: () => followed.list({ userId: user.userId, sessionId }) };
}

test("what is followed ends after ten minutes, unless it is asked for again", async () => {
  const { user, sessionId, list } = await connected();
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  await user.subscribeResource(sessionId, "file:///a");
  await user.subscribeResource(sessionId, "file:///b");
  vi.setSystemTime(Date.now() + 400_000);
  await user.subscribeResource(sessionId, "file:///b");
  expect(await list()).toEqual(["file:///a", "file:///b"]);
  vi.setSystemTime(Date.now() + 400_000);
  expect(await list()).toEqual(["file:///b"]);
});

test("ten thousand resources are refused beyond the limit, and nothing is half-written", async () => {
  const { user, sessionId, list } = await connected({ limits: { followedResources: 3 } });
  for (const name of ["a", "b", "c"]) await user.subscribeResource(sessionId, `file:///${name}`);
  await expect(user.subscribeResource(sessionId, "file:///d")).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    operatorHint: "Raise limits.followedResources to allow more.",
  });
  await user.subscribeResource(sessionId, "file:///a", { follower: "another" });
  expect(await list()).toEqual(["file:///a", "file:///b", "file:///c"]);
});

test("URIs that are too long together are refused, and those before them are kept", async () => {
  const { user, sessionId, list } = await connected();
  const uris = Array.from({ length: 8 }, (_, at) => `file:///${at}`.padEnd(8_192, "a"));
  for (const uri of uris) await user.subscribeResource(sessionId, uri);
  await user.subscribeResource(sessionId, `${uris[0]}`, { follower: "another" });
  await expect(user.subscribeResource(sessionId, "a:b")).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  expect(await list()).toEqual(uris);
});

test("many followers at the same time are all kept", async () => {
  const { user, sessionId, list } = await connected();
  const uris = Array.from({ length: 20 }, (_, at) => `file:///${at}`);
  await Promise.all(uris.map((uri) => user.subscribeResource(sessionId, uri)));
  expect(await list()).toEqual(uris.toSorted());
  await user.remove(sessionId);
  expect(await list()).toEqual([]);
});

test("another user's session does not exist", async () => {
  const { mcp, sessionId, list } = await connected();
  const stranger = mcp.forUser(someUser());
  for (const ask of [stranger.subscribeResource, stranger.unsubscribeResource]) {
    await expect(ask(sessionId, "file:///a")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  }
  expect(await list()).toEqual([]);
});

test.each([
  ["an empty text", ""],
  ["what is no URI", "a"],
  ["a URI that is too long", "x:".padEnd(8_193, "a")],
  ["a number", 7],
  ["null", null],
])("%s is no resource to follow", async (_, uri) => {
  const { user, sessionId } = await connected();
  await expect(user.subscribeResource(sessionId, uri as string)).rejects.toMatchObject({ code: "INVALID_INPUT" });
});

test("a server that does not tell of resources is NOT_SUPPORTED, and is asked for nothing", async () => {
  const server = await startModernServer();
  const mcp = appFor(server);
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: server.url });
  server.resetRequests();
  await expect(user.subscribeResource(sessionId, "file:///a")).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
  expect(server.requests()).toEqual([]);
});

test.each([
  ["file:///a", "file:///a", true],
  ["file:///a", "file:///a/b", true],
  ["file:///a", "file:///a#b", true],
  ["file:///a/", "file:///a/b", true],
  ["file:///a", "file:///ab", false],
  ["file:///a/b", "file:///a", false],
])("of %s, %s is a part: %s", (followed, uri, is) => expect(isWithin(followed, uri)).toBe(is));

/** A server of the legacy era whose standing stream is written by the test. */
async function flooding(write: (send: (text: string) => boolean) => void) {
  let streams = 0;
  const server = await startLoopbackServer(async (request, response) => {
    if (request.method === "GET") {
      streams += 1;
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      return write((text) => !response.destroyed && response.write(text));
    }
    if (request.method !== "POST") return void response.writeHead(200).end();
    const message = (await json(request)) as { method?: string; id?: unknown };
    const usual = answerLegacyMcp(message, { name: "raw", tools: ["one"] });
    if (usual === undefined) return void response.writeHead(202).end();
    if (message.method === "initialize") {
      Object.assign(Object(usual).result, { capabilities: { tools: { listChanged: true } } });
    }
    lists += Number(message.method === "tools/list");
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(usual));
  });
  let lists = 0;
  const mcp = appFor({ hosts: [server.host] });
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: `${server.origin}/mcp` });
  const stream = await user.subscribe();
  onTestFinished(async () => void (await stream.return?.()));
  void (async () => {
    for await (const _ of stream);
  })();
  return { user, sessionId, streams: () => streams, lists: () => lists };
}

const changed = `data: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/tools/list_changed" })}\n\n`;

test.each<[string, string]>([
  ["thousands of changes", changed.repeat(5_000)],
  ["one endless message", `data: ${"a".repeat(300_000)}`],
  ["nothing but comments", ":a\n".repeat(200_000)],
  ["many requests", `data: ${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "roots/list" })}\n\n`.repeat(100)],
  ["deeply nested JSON", `data: ${"[".repeat(500)}${"]".repeat(500)}\n\n`],
])("a standing stream with %s is cut, and not tried again for a while", async (_, flood) => {
  let isCut = false;
  const { user, sessionId, streams, lists } = await flooding((send) => {
    send(flood);
    const look = setInterval(() => {
      isCut = !send(":\n");
      if (isCut) clearInterval(look);
    }, 20);
    onTestFinished(() => clearInterval(look));
  });
  await vi.waitFor(() => expect(isCut).toBe(true), { timeout: 10_000 });
  expect(streams()).toBe(1);
  await vi.waitFor(async () => expect(await user.callTool(sessionId, "one")).toMatchObject({ content: [{}] }));
  expect(lists()).toBeLessThanOrEqual(2);
  expect(await user.get(sessionId)).toMatchObject({ state: "CONNECTED", error: null });
});
