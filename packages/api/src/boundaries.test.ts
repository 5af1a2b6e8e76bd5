import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const src = new URL("./", import.meta.url);
const sources = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((name) =>
  /^(?!.*\.test\.).*\.ts$/.test(name),
);

test("the modules of a user's stream import neither tRPC nor HTTP", () => {
  const stream = sources.filter((name) => name.startsWith("stream/"));
  expect(stream.length).toBeGreaterThan(3);
  for (const name of stream) {
    const imported = [...readFileSync(new URL(name, src), "utf8").matchAll(/from "([^"]+)"/g)].map(([, from]) => from);
    expect(
      imported.filter((from) => !/^\.\/|^@mcp-assistant\/|^node:crypto$/.test(from ?? "")),
      name,
    ).toEqual([]);
  }
});
