import type { McpConnectionEvent } from "@mcp-assistant/protocol";
import { startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { someUser } from "../src/samples.fixture.js";
import { toCapabilityNames, toServerInfo } from "../src/server/server-info.js";
import { startWorkingServer } from "./working-server.js";

const both = [["legacy"], ["modern"]] as const;

function userFor(host: string) {
  const mcp = appFor({ hosts: [host] });
  onTestFinished(() => mcp.close());
  return mcp.forUser(someUser());
}

const info = {
  name: "works",
  title: "Works\u202e well",
  version: "1.2.3",
  websiteUrl: "https://works.example/about",
  icons: [
    { src: "data:image/png;base64,AAAA" },
    { src: "https://works.example/icon.png", mimeType: "image/png", sizes: ["48x48"] },
  ],
};

test.each(both)("a connection shows what its server says of itself: %s", async (era) => {
  const server = await startWorkingServer({ era, info, work: async () => "done" });
  const user = userFor(server.host);
  const { sessionId } = await user.connect({ serverUrl: server.url });
  const connection = await user.get(sessionId);
  expect(connection).toMatchObject({
    serverInfo: {
      ...{ name: "works", title: "Works well", version: "1.2.3", websiteUrl: "https://works.example/about" },
      icons: [{ src: "https://works.example/icon.png", mimeType: "image/png", sizes: ["48x48"] }],
    },
    protocolVersion: era === "modern" ? "2026-07-28" : "2025-11-25",
    capabilities: ["tools", "tools.listChanged", "logging"],
  });
  expect(await user.list()).toEqual([connection]);
  // The user's own name for it stays.
  expect(connection.serverName).toBe(server.host);
});

test.each(both)("a server is asked for its instructions, which no list has: %s", async (era) => {
  const long = "word ".repeat(5_000);
  const said = `Call work\u0007 first.\nThen ${long}`;
  const server = await startWorkingServer({ era, instructions: said, work: async () => "done" });
  const user = userFor(server.host);
  const { sessionId } = await user.connect({ serverUrl: server.url });
  expect(await user.instructions(sessionId)).toBe(`Call work first.\nThen ${long}`);
  expect(JSON.stringify(await user.list())).not.toContain("Call work");
  const silent = await startWorkingServer({ era, work: async () => "done" });
  const other = userFor(silent.host);
  expect(await other.instructions((await other.connect({ serverUrl: silent.url })).sessionId)).toBeNull();
  await expect(other.instructions(sessionId)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});

test.each([
  ["no object", "works", null],
  ["no name", { version: "1" }, null],
  ["a name that cannot be shown", { name: "\u200b\u0000" }, null],
  [
    "huge texts",
    { name: "n".repeat(9_999), title: "t".repeat(9_999), version: "v".repeat(9_999) },
    { name: `${"n".repeat(127)}…`, title: `${"t".repeat(199)}…`, version: `${"v".repeat(63)}…` },
  ],
  [
    "an address that runs",
    { name: "a", websiteUrl: "javascript:alert(1)", icons: [{ src: "javascript:1" }] },
    { name: "a" },
  ],
  ["an address with a password", { name: "a", websiteUrl: "https://a:b@c.example" }, { name: "a" }],
  ["a long address", { name: "a", websiteUrl: `https://a.example/${"x".repeat(600)}` }, { name: "a" }],
  ["members of other types", { name: "a", title: 7, version: {}, websiteUrl: [], icons: "x" }, { name: "a" }],
  [
    "many icons",
    {
      name: "a",
      icons: Array.from({ length: 1_000 }, (_, at) => ({
        src: `https://a.example/${at}`,
        sizes: Array(99).fill("1x1"),
      })),
    },
    { name: "a", icons: [0, 1].map((at) => ({ src: `https://a.example/${at}`, sizes: Array(4).fill("1x1") })) },
  ],
])("of what a server says of itself, only what can be shown is kept: %s", (_, said, kept) => {
  expect(toServerInfo(said)).toEqual(kept);
});

test("capabilities are named, and unknown ones are not", () => {
  const declared = {
    ...{ tools: {}, resources: { subscribe: true, listChanged: "yes" }, prompts: null, completions: true },
    ...{ logging: {}, experimental: { x: {} }, "tools.listChanged": {} },
  };
  expect(toCapabilityNames(declared)).toEqual(["tools", "resources", "resources.subscribe", "logging"]);
  expect(toCapabilityNames(undefined)).toEqual([]);
});

test("however much a server says of itself, an event of its connection fits into the log whole", async () => {
  const server = await startHostileMcpServer();
  onTestFinished(server.close);
  const wide = "\u{1f4dd}".repeat(500);
  const icon = {
    src: `https://a.example/${"é".repeat(80)}`,
    mimeType: wide,
    sizes: Array(9).fill(wide),
    theme: "dark",
  };
  const serverInfo = { name: wide, title: wide, version: wide, icons: Array(99).fill(icon) };
  server.lie({ handshake: { serverInfo } });
  const user = userFor(server.host);
  const stream = await user.subscribe();
  const connected = await user.connect({ serverUrl: server.url, serverName: "\u{1f4dd}".repeat(64) });
  expect(connected.state).toBe("CONNECTED");
  let event: McpConnectionEvent | undefined;
  while (event?.type !== "state_changed" || event.state !== "CONNECTED") event = (await stream.next()).value?.event;
  await stream.return?.();
  expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(8_192);
  expect(event.connection.serverInfo?.icons).toHaveLength(2);
});

test("an empty or long name is a typed error, and a new one is an event", async () => {
  const server = await startWorkingServer({ era: "modern", work: async () => "done" });
  const user = userFor(server.host);
  const { sessionId } = await user.connect({ serverUrl: server.url, serverName: "First" });
  for (const name of ["", "  ", "x".repeat(129), 7 as never, undefined as never]) {
    await expect(user.rename(sessionId, name)).rejects.toMatchObject({ code: "INVALID_INPUT" });
  }
  await expect(user.rename("another", "Second")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  expect((await user.get(sessionId)).serverName).toBe("First");
  const stream = await user.subscribe();
  await stream.next();
  await user.rename(sessionId, "  Second ");
  expect((await stream.next()).value?.event).toMatchObject({
    type: "state_changed",
    connection: { serverName: "Second", state: "CONNECTED" },
  });
  await stream.return?.();
});
