import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const dist = new URL("../dist/", import.meta.url);
// `dist` may also hold old files of earlier builds.
const hasSource = (name: string) => existsSync(new URL(name.replace(/js$/, "ts"), import.meta.url));
const built = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".js") && hasSource(name),
);
const read = (name: string) => readFileSync(new URL(name, dist), "utf8");

test("the browser's part names no server module, and neither React nor TanStack Query", () => {
  expect(built).toEqual(expect.arrayContaining(["index.js", "stream/event-stream.js"]));
  for (const name of built) {
    expect(read(name), name).not.toMatch(
      /ioredis|node:|@mcp-assistant\/(?:core|api)|["'](?:react|react-dom|@tanstack)\b/,
    );
  }
});
