import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const built = (name: string) => new URL(`../dist/${name}.js`, import.meta.url).href;

/** Every module of ours that a built file loads, and the third-party packages that they import. */
function loadedBy(url: string, seen = new Map<string, string>()): Map<string, string> {
  if (seen.has(url)) return seen;
  const text = readFileSync(fileURLToPath(url), "utf8");
  seen.set(url, text);
  for (const [, name = ""] of text.matchAll(/(?:from|import)\s*"([^"]+)"/g)) {
    if (name.startsWith(".")) loadedBy(new URL(name, url).href, seen);
    else if (name.startsWith("@mcp-assistant/")) loadedBy(resolve(name, url), seen);
    else seen.set(name, "");
  }
  return seen;
}

/** Our packages have one entry, dist/index.js. Their `exports` have no "require" condition that could resolve it. */
function resolve(name: string, from: string): string {
  const manifest = createRequire(from).resolve(`${name}/package.json`);
  return new URL("dist/index.js", pathToFileURL(manifest)).href;
}

test.each(["client", "shared"])("%s loads no server code", (entry) => {
  const names = [...loadedBy(built(entry)).keys()];
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => /^node:|ioredis|undici|\/packages\/(?:core|api)\//.test(name))).toEqual([]);
});

test("server loads no React", () => {
  const names = [...loadedBy(built("server")).keys()];
  expect(names).toContain("ioredis");
  expect(names.filter((name) => /^react|react-query|\/packages\/react\//.test(name))).toEqual([]);
});

test("client binds tRPC to React itself, and needs only packages that every host has", () => {
  const others = [...loadedBy(built("client")).keys()].filter((name) => !name.startsWith("file:")).sort();
  expect(others).toEqual(["@tanstack/react-query", "@trpc/client", "react", "react/jsx-runtime", "zod"]);
});

test("shared needs only zod", () => {
  const others = [...loadedBy(built("shared")).keys()].filter((name) => !name.startsWith("file:"));
  expect(others).toEqual(["zod"]);
});

test("the bare name says which entry to import from, and exports nothing", async () => {
  const message = await import("./index.js").then(Object.keys, ({ message }: Error) => message);
  for (const entry of ["server", "client", "shared"]) expect(message).toContain(`"@mcp-assistant/mcp-redis/${entry}"`);
  expect(readFileSync(fileURLToPath(built("index")).replace(/js$/, "d.ts"), "utf8")).toMatch(/^export {};$/m);
});

test("in a browser, server says which entry to import from", async () => {
  const message = await import("./server-is-not-for-browsers.js").then(Object.keys, ({ message }: Error) => message);
  expect(message).toContain('"@mcp-assistant/mcp-redis/server" runs on servers only');
  for (const entry of ["client", "shared"]) expect(message).toContain(`"@mcp-assistant/mcp-redis/${entry}"`);
});

test('client is marked with "use client"', () => {
  expect(readFileSync(fileURLToPath(built("client")), "utf8")).toMatch(/^"use client";/);
});

test("client exports the provider, the hooks and the client without React", async () => {
  expect(Object.keys(await import("./client.js")).sort()).toEqual([
    "McpProvider",
    "SSEClient",
    "useCallTool",
    "useComplete",
    "useConnect",
    "useConnection",
    "useConnectionEvents",
    "useConnections",
    "useDisconnect",
    "useFollowResource",
    "useGetPrompt",
    "useInstructions",
    "useMcp",
    "useMcpStream",
    "usePrompts",
    "useReconnect",
    "useRemove",
    "useRename",
    "useResource",
    "useResourceTemplates",
    "useResources",
    "useSignIn",
    "useSignOut",
    "useTools",
  ]);
});

test("shared exports the schemas and errors of the wire", async () => {
  const names = Object.keys(await import("./shared.js"));
  expect(names).toEqual(expect.arrayContaining(["connectInputSchema", "connectionEventSchema", "McpSessionError"]));
});

test("server exports the functions for a host, and an error class for each cause", async () => {
  const names = Object.keys(await import("./server.js"));
  const functions = [
    "createMcp",
    "createMcpHandler",
    "createMcpRouter",
    "createSSEHandler",
    "mcpErrorFormatter",
    "mcpResponseMeta",
    "mcpSseOptions",
    "memory",
    "redis",
    "toNodeHandler",
  ];
  expect(names).toEqual(expect.arrayContaining([...functions, "MCPClient", "McpSessionError", "isMcpSessionError"]));
  const errors = Object.keys(await import("@mcp-assistant/core")).filter((name) => name.endsWith("Error"));
  expect(names).toEqual(expect.arrayContaining(errors));
});
