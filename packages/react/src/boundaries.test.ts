import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const dist = new URL("../dist/", import.meta.url);
// `dist` may also hold old files of earlier builds.
const hasSource = (name: string) =>
  ["ts", "tsx"].some((ending) => existsSync(new URL(name.replace(/js$/, ending), import.meta.url)));
const built = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".js") && hasSource(name),
);
const read = (name: string) => readFileSync(new URL(name, dist), "utf8");

test("no tRPC binding for React is imported: each needs one version of tRPC, and a host may have another", () => {
  expect(built).toEqual(expect.arrayContaining(["index.js", "provider.js"]));
  expect(built.filter((name) => /["']@trpc\//.test(read(name)))).toEqual([]);
});

test.each([...built.filter((name) => /^use-/.test(name)), "index.js", "provider.js"])(
  '%s is marked with "use client"',
  (name) => {
    expect(read(name)).toMatch(/^"use client";/);
  },
);
