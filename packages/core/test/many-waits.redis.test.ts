import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startRedisGate } from "@mcp-assistant/testing/redis";
import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { expect, onTestFinished, test, vi } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { encryptionKeys, someUser } from "../src/samples.fixture.js";

/** An MCP server that answers nothing until it is opened. */
async function startSlowServer() {
  const tools = await startModernServer();
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let requests = 0;
  const server = await startLoopbackServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    requests += 1;
    await opened;
    const { host: _own, connection: _hop, "content-length": _length, ...headers } = request.headers;
    const answer = await fetch(tools.url, {
      method: request.method ?? "POST",
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]),
      ...(text ? { body: text } : {}),
    });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
    response.end(await answer.text());
  });
  onTestFinished(async () => {
    open();
    await Promise.all([server.close(), tools.close()]);
  });
  return { url: `${server.origin}/mcp`, host: server.host, open, requests: () => requests };
}

test("1 000 clicks on a slow server cost a few Redis commands each, and nothing while they wait", async () => {
  const [server, redis] = [await startSlowServer(), await startRedis()];
  const gate = await startRedisGate(redis);
  const options = { storage: `redis://127.0.0.1:${gate.port}`, encryptionKeys };
  const mcp = appFor({ hosts: [server.host] }, options);
  onTestFinished(async () => {
    await mcp.close();
    await gate.end();
    await redis.stop();
  });
  const user = mcp.forUser(someUser());
  const answers: Promise<{ state: string }>[] = [];
  let sent = 0;
  const connect = () => answers.push(user.connect({ serverUrl: server.url }));
  connect();
  await vi.waitFor(() => expect(server.requests()).toBeGreaterThan(0));
  gate.takeTraffic();
  while (answers.length < 1_000) {
    for (let click = 0; click < 20; click += 1) connect();
    await user.list();
  }
  const taken = () => {
    const { commands } = gate.takeTraffic();
    sent += commands.length;
    return commands.length;
  };
  // Until all of them wait.
  await vi.waitFor(() => expect([taken() < 5, sent > 3 * answers.length]).toEqual([true, true]), {
    timeout: 8_000,
    interval: 250,
  });
  const begin = performance.now();
  await vi.waitFor(() => expect(performance.now() - begin).toBeGreaterThan(1_000), { timeout: 2_000, interval: 100 });
  // One look of the caller that connects, and one of those that wait.
  expect(taken()).toBeLessThanOrEqual(6);
  server.open();
  const states = new Set((await Promise.all(answers)).map(({ state }) => state));
  expect(states).toEqual(new Set(["CONNECTED"]));
  taken();
  expect(sent).toBeLessThan(6 * answers.length);
}, 20_000);
