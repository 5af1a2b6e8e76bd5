import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterEach, expect, test } from "vitest";
import * as z from "zod";
import type { DemoServer } from "../demo-server.js";
import { type ModernServerOptions, startModernServer } from "./server.js";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function start(options: ModernServerOptions = {}): Promise<DemoServer> {
  const server = await startModernServer(options);
  closers.push(server.close);
  return server;
}

async function connect(server: DemoServer): Promise<Client> {
  const client = new Client({ name: "test", version: "0" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(new URL(server.url)));
  closers.unshift(() => client.close());
  return client;
}

test("serves revision 2026-07-28 without a session", async () => {
  const server = await start();
  const client = await connect(server);
  const { tools } = await client.listTools();

  expect(client.getNegotiatedProtocolVersion()).toBe("2026-07-28");
  expect(tools.map(({ name }) => name).sort()).toEqual(["add", "echo", "roll_dice", "time"]);
  for (const tool of tools) {
    expect(tool.outputSchema?.type).toBe("object");
    expect(tool.annotations?.readOnlyHint).toBe(true);
  }
  expect(server.hosts).toEqual([new URL(server.url).host]);
  expect(server.requests().map(({ rpcMethod, status }) => [rpcMethod, status])).toEqual([
    ["server/discover", 200],
    ["tools/list", 200],
  ]);
});

test("adds and echoes", async () => {
  const client = await connect(await start());
  const sum = await client.callTool({ name: "add", arguments: { a: 19, b: 23 } });
  const echo = await client.callTool({ name: "echo", arguments: { text: "hello" } });

  expect(sum).toMatchObject({ content: [{ type: "text", text: "42" }], structuredContent: { sum: 42 } });
  expect(echo.structuredContent).toEqual({ text: "hello" });
});

test("gives the time in a zone, and names an unknown zone", async () => {
  const client = await connect(await start());
  const tokyo = await client.callTool({ name: "time", arguments: { timeZone: "Asia/Tokyo" } });
  const nowhere = await client.callTool({ name: "time", arguments: { timeZone: "Mars/Olympus" } });
  const { instant, local } = z.object({ instant: z.string(), local: z.string() }).parse(tokyo.structuredContent);

  expect(Math.abs(Date.now() - Date.parse(instant))).toBeLessThan(10_000);
  expect(local).toContain("GMT+9");
  expect(nowhere.isError).toBe(true);
  expect(nowhere.content).toEqual([{ type: "text", text: 'There is no time zone "Mars/Olympus".' }]);
});

test("rolls the requested dice", async () => {
  const client = await connect(await start());
  const rolled = await client.callTool({ name: "roll_dice", arguments: { count: 100, sides: 3 } });
  const { rolls, total } = z.object({ rolls: z.array(z.number()), total: z.number() }).parse(rolled.structuredContent);

  expect(rolls).toHaveLength(100);
  expect(new Set(rolls)).toEqual(new Set([1, 2, 3]));
  expect(rolls.reduce((sum, roll) => sum + roll, 0)).toBe(total);
});

test("refuses dice without sides", async () => {
  const client = await connect(await start());
  const refused = await client
    .callTool({ name: "roll_dice", arguments: { sides: 0 } })
    .then(({ isError }) => isError === true)
    .catch(() => true);

  expect(refused).toBe(true);
});

test("also serves clients of older revisions, unless they are switched off", async () => {
  const [both, strict] = [await start(), await start({ legacy: "reject" })];
  const connectLegacy = async ({ url }: DemoServer) => {
    const client = new Client({ name: "test", version: "0" });
    closers.unshift(() => client.close());
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    return client.getNegotiatedProtocolVersion();
  };

  expect(await connectLegacy(both)).toBe("2025-11-25");
  await expect(connectLegacy(strict)).rejects.toThrow();
});

test("only answers on the MCP path", async () => {
  const server = await start();

  expect((await fetch(new URL("/", server.url))).status).toBe(404);
  expect((await fetch(new URL("/__requests", server.url))).status).toBe(404);
});
