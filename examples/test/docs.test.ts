import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

test("the code in docs/mounting.md is from the examples, which are type-checked and run", () => {
  const blocks = [...read("docs/mounting.md").matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  expect(blocks.length).toBeGreaterThan(5);
  for (const block of blocks) {
    const [, path = "", code] = /^\/\/ (examples\/\S+)\n(.+)$/s.exec(block) ?? [];
    expect(path, `begins with the example's path: ${block}`).not.toBe("");
    expect(read(path), path).toContain(code);
  }
});

test("every example makes its mcp and handler in the same way", () => {
  const [, start = ""] =
    /(const mcp = .*?^}\);\n\nconst handler = .*?^}\);\n)/ms.exec(read("examples/express/server.ts")) ?? [];
  expect(start).toContain("createMcpHandler");
  for (const host of ["node-http", "fastify", "hono"]) expect(read(`examples/${host}/server.ts`)).toContain(start);
});
