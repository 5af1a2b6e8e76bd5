import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMcp } from "./create-mcp.js";
import type { Mcp } from "./mcp.js";
import { someUser } from "./samples.fixture.js";

let modern: DemoServer;
let notes: Awaited<ReturnType<typeof startOauthServer>>;
let mcp: Mcp;

beforeEach(async () => {
  [modern, notes] = await Promise.all([startModernServer(), startOauthServer()]);
  const allowHosts = [...modern.hosts, ...notes.hosts];
  mcp = createMcp({ storage: "memory", baseUrl: "http://127.0.0.1:9", outbound: { allowHosts }, logger: null });
});
afterEach(async () => {
  await mcp.close();
  await Promise.all([modern.close(), notes.close()]);
});

test("refreshSession asks the server for its tools once, although they are known, and returns the connection", async () => {
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: modern.url });
  modern.resetRequests();
  expect(await user.refreshSession(sessionId)).toMatchObject({ sessionId, state: "CONNECTED" });
  expect(modern.requests().filter(({ rpcMethod }) => rpcMethod === "tools/list")).toHaveLength(1);
});

test("a connection that cannot be used is returned as it is, and its server is not asked", async () => {
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: modern.url });
  await user.disconnect(sessionId);
  modern.resetRequests();
  expect(await user.refreshSession(sessionId)).toMatchObject({ state: "DISCONNECTED" });
  expect(modern.requests()).toEqual([]);

  const waiting = await user.connect({ serverUrl: notes.url });
  expect(await user.refreshSession(waiting.sessionId)).toMatchObject({
    state: "AUTHENTICATING",
    authUrl: waiting.authUrl,
  });
});

test("a connected server that no longer answers is an error, not a good connection", async () => {
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: modern.url });
  await modern.close();
  await expect(user.refreshSession(sessionId)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
});
