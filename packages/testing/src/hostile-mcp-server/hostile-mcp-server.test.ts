import { beforeEach, expect, test } from "vitest";
import { type HostileMcpServer, startHostileMcpServer } from "./hostile-mcp-server.js";
import { longList } from "./hostile-tools.js";
import type { McpAnswer } from "./mcp-lies.js";

let server: HostileMcpServer;

beforeEach(async () => {
  const started = await startHostileMcpServer();
  server = started;
  return () => started.close();
});

const post = (method: string, { params = {}, headers = {}, id = 7 as unknown } = {}) =>
  fetch(server.url, {
    method: "POST",
    headers,
    redirect: "manual",
    body: JSON.stringify({ jsonrpc: "2.0", id, method, params }),
  });

const call = () => post("tools/call", { params: { name: "whoami", arguments: { a: 1 } } });
const lie = (answer: McpAnswer) => server.lie({ answers: { "tools/call": answer } });
const said = '{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"{\\"a\\":1}"}]}}';

test("it behaves well before and after it is told to lie", async () => {
  expect(await (await post("initialize", { params: { protocolVersion: "2025-11-25" } })).json()).toMatchObject({
    result: { protocolVersion: "2025-11-25", capabilities: { tools: {} } },
  });
  expect(await (await post("tools/list")).json()).toMatchObject({ result: { tools: [{ name: "whoami" }] } });
  lie({ kind: "reply", status: 500 });
  expect((await call()).status).toBe(500);
  server.lie();
  expect(await (await call()).text()).toBe(said);
  expect(server.requests()).toEqual(["initialize", "tools/list", "tools/call", "tools/call"]);
});

test("an honest server of the modern era has no handshake", async () => {
  const modern = await startHostileMcpServer({ era: "modern" });
  const ask = async (method: string) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method });
    return (await fetch(modern.url, { method: "POST", body })).json();
  };
  expect(await ask("server/discover")).toMatchObject({ result: { supportedVersions: ["2026-07-28"] } });
  expect(await ask("initialize")).toMatchObject({ error: { code: -32_601 } });
  await modern.close();
});

test("its answers have the requested size and depth", async () => {
  lie({ kind: "flood", as: "json", bytes: 1_000_000, encoding: "gzip" });
  expect((await (await call()).text()).length).toBeGreaterThan(1_000_000);
  lie({ kind: "flood", as: "stream", bytes: 1_000_000, encoding: "br" });
  expect(await (await call()).text()).toMatch(/^data: \{.*x\{?.*\}\n\n$/);
  lie({ kind: "deep", as: "json", depth: 1_000 });
  expect(await (await call()).text()).toContain(`${"[".repeat(1_000)}]`);
  lie({ kind: "deep", as: "stream", depth: 1_000, beside: true });
  expect(await (await call()).text()).toMatch(/^data: .*\[{1000}\]{1000}.*\n\ndata: .*"id":7.*\n\n$/);
  server.lie({ tools: longList(50_000), pages: "fresh cursors" });
  const { result } = (await (await post("tools/list")).json()) as { result: { tools: unknown[]; nextCursor: string } };
  expect([result.tools.length, result.nextCursor]).toEqual([50_000, "1"]);
});

test("messages have their own id, or by default that of the request", async () => {
  lie({ kind: "messages", as: "stream", messages: [{ id: 8 }, {}, { id: undefined, method: "x" }] });
  expect(await (await call()).text()).toBe(
    'data: {"jsonrpc":"2.0","id":8}\n\ndata: {"jsonrpc":"2.0","id":7}\n\ndata: {"jsonrpc":"2.0","method":"x"}\n\n',
  );
});

test("streams stay open as long as a client reads them, and are counted", async () => {
  for (const answer of [
    { kind: "open", answered: true, keepAlive: 10 },
    { kind: "notifications", perSecond: 1_000 },
  ] as const) {
    lie(answer);
    const reader = (await call()).body?.getReader();
    await reader?.read();
    expect(server.openStreams()).toBe(1);
    await reader?.cancel();
    await expect.poll(() => server.openStreams()).toBe(0);
  }
});

test.each(["json", "stream"] as const)("a slow answer is the true one (%s)", async (as) => {
  lie({ kind: "drip", as, from: "head", every: 1 });
  expect(await (await call()).text()).toContain(said);
});

test.each(["interim responses", "trailers", "cookies"] as const)("%s come with the true answer", async (of) => {
  lie({ kind: "head", of });
  expect(await (await call()).text()).toBe(said);
});

test("a redirect is sent as requested, and a client that follows it inward is counted", async () => {
  lie({ kind: "redirect", status: 307, to: `${server.canary}/mcp` });
  const response = await call();
  expect(response.status).toBe(307);
  expect(server.ledAstray()).toBe(0);
  await fetch(response.headers.get("location") ?? "");
  expect(server.ledAstray()).toBe(1);
});

test("an answer can be cut, and a session can be forgotten", async () => {
  lie({ kind: "cut", as: "json", after: 10 });
  await expect(call().then((response) => response.text())).rejects.toThrow();
  server.lie();
  const headers = { "mcp-session-id": (await call()).headers.get("mcp-session-id") ?? "" };
  expect((await post("tools/list", { headers })).status).toBe(200);
  server.forgetSessions();
  expect((await post("tools/list", { headers })).status).toBe(404);
});
