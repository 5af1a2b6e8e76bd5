import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const dist = new URL("../dist/", import.meta.url);
const built = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
const read = (name: string) => readFileSync(new URL(name, dist), "utf8");

test("the browser build names no server module", () => {
  expect(built).toEqual(expect.arrayContaining(["index.js", "stream/event-stream.js"]));
  for (const name of built) {
    expect(read(name), name).not.toMatch(/ioredis|node:|@mcp-assistant\/(?:core|api)/);
  }
});

test("no tRPC binding for React is imported: each needs one version of tRPC, and a host may have another", () => {
  expect(built.filter((name) => /["']@trpc\/(?:tanstack-)?react-query["']/.test(read(name)))).toEqual([]);
});

test.each(["index.js", "provider.js", "use-mcp.js", "use-tools.js", "use-call-tool.js", "use-connection-events.js"])(
  '%s is marked with "use client"',
  (name) => {
    expect(read(name)).toMatch(/^"use client";/);
  },
);
