import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { appFor } from "./authorization/sign-in/sign-in.fixture.js";
import { createMcp } from "./create-mcp.js";
import type { Mcp, McpUser } from "./mcp.js";
import { someUser } from "./samples.fixture.js";
import { Dialled } from "./server/dialled.js";

let server: Awaited<ReturnType<typeof startModernServer>>;
let mcp: Mcp;

beforeAll(async () => {
  server = await startModernServer();
  mcp = createMcp({ storage: "memory", baseUrl: "http://127.0.0.1:9", outbound: { allowHosts: server.hosts } });
});

afterAll(async () => {
  await mcp.close();
  await server.close();
});

test.each(["42", "{}", '["ada"]', "true", "null", '"\\ud800"', '""'])("a user id of %s is refused at once", (json) => {
  expect(() => mcp.forUser(JSON.parse(json))).toThrow(expect.objectContaining({ code: "USER_ID_INVALID" }));
});

test("two `forUser` objects of one user see the same connections", async () => {
  const [user, again] = [mcp.forUser("ada"), mcp.forUser("ada")];
  const { sessionId } = await user.connect({ serverUrl: server.url });
  expect(await again.get(sessionId)).toMatchObject({ state: "CONNECTED" });
  await again.remove(sessionId);
  expect(await user.list()).toEqual([]);
});

test("one-line tool calls share a connection until the app is closed, and can be aborted", async () => {
  const close = vi.spyOn(Dialled.prototype, "close");
  onTestFinished(() => close.mockRestore());
  const own = appFor(server);
  const user = own.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: server.url });
  close.mockClear();
  const call = (signal?: AbortSignal) => user.callTool(sessionId, "add", { a: 2, b: 3 }, { signal });
  for (const _call of [1, 2]) expect(await call()).toMatchObject({ structuredContent: { sum: 5 } });
  await expect(call(AbortSignal.abort())).rejects.toMatchObject({ code: "CANCELLED" });
  await expect(user.callTool(sessionId, "none")).rejects.toMatchObject({ code: "TOOL_NOT_FOUND" });
  expect(close).not.toHaveBeenCalled();
  await own.close();
  expect(close).toHaveBeenCalledTimes(1);
});

const argument = { name: "a", value: "b" };
const ways: [string, (stranger: McpUser, sessionId: string) => Promise<unknown>][] = [
  ["reconnect", (user, id) => user.reconnect(id)],
  ["disconnect", (user, id) => user.disconnect(id)],
  ["signOut", (user, id) => user.signOut(id)],
  ["remove", (user, id) => user.remove(id)],
  ["refreshSession", (user, id) => user.refreshSession(id)],
  ["get", (user, id) => user.get(id)],
  ["listTools", (user, id) => user.listTools(id)],
  ["callTool", (user, id) => user.callTool(id, "add", { a: 1, b: 2 })],
  ["rename", (user, id) => user.rename(id, "Another")],
  ["instructions", (user, id) => user.instructions(id)],
  ["listResources", (user, id) => user.listResources(id)],
  ["listResourceTemplates", (user, id) => user.listResourceTemplates(id)],
  ["readResource", (user, id) => user.readResource(id, "file:///a")],
  ["listPrompts", (user, id) => user.listPrompts(id)],
  ["getPrompt", (user, id) => user.getPrompt(id, "a")],
  ["complete", (user, id) => user.complete(id, { ref: { type: "ref/prompt", name: "a" }, argument })],
  ["subscribeResource", (user, id) => user.subscribeResource(id, "file:///a")],
  ["unsubscribeResource", (user, id) => user.unsubscribeResource(id, "file:///a")],
  ["client", (user, id) => user.client(id).connect()],
  ["authorization.start", (user, id) => user.authorization.start(id)],
];

/** Operations that take no session id, so they can only reach the user's own connections. */
const ownOnly = ["connect", "list", "subscribe", "userId"];

test("the tests below try every operation on a connection as another user", () => {
  const { authorization, ...operations } = mcp.forUser("ada");
  const tried = ways.map(([name]) => name);
  expect(Object.keys(operations).sort()).toEqual([...tried.filter((name) => !name.includes(".")), ...ownOnly].sort());
  expect(Object.keys(authorization)).toEqual(["start", "finish", "status", "outcome"]);
});

test.each(ways)("another user's connection does not exist for %s, and does not change", async (_name, way) => {
  const [user, stranger] = [mcp.forUser(someUser()), mcp.forUser(someUser())];
  const { sessionId } = await user.connect({ serverUrl: server.url });
  const before = await user.get(sessionId);
  await expect(way(stranger, sessionId)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  expect(await user.get(sessionId)).toEqual(before);
});
