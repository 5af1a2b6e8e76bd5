import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const readme = readFileSync(join(here, "../../../README.md"), "utf8");
const origin = "http://127.0.0.1:3999";

/** What the README leaves to the reader: his own authentication. */
const auth = `export async function auth(request: Request): Promise<{ user: { id: string } } | null> {
  const id = request.headers.get("x-test-user");
  return id === null ? null : { user: { id } };
}`;

const tsconfig = {
  extends: "@mcp-assistant/tsconfig/react.json",
  compilerOptions: { noEmit: false, outDir: "out", rootDir: "." },
  include: ["**/*.ts", "**/*.tsx"],
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(here, ".readme-"));
  const blocks = [...readme.matchAll(/```tsx?\n\/\/ (\S+)\n(.*?)```/gs)];
  const files = blocks.map(([, path = "", text = ""]): [string, string] => [path, text]);
  for (const [path, text] of [
    ...files,
    ["server/auth.ts", auth],
    ["tsconfig.json", JSON.stringify(tsconfig)],
  ] as const) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test("every piece of code in the README compiles, and the server's pieces run", { timeout: 60_000 }, async () => {
  const fences = readme.match(/```tsx?\n/g) ?? [];
  const named = readme.match(/```tsx?\n\/\/ \S+\n/g) ?? [];
  expect(named.length).toBeGreaterThan(3);
  expect(named.length, "a piece of code without its file's name on the first line").toBe(fences.length);

  const tsc = createRequire(import.meta.url)
    .resolve("typescript/package.json")
    .replace("package.json", "bin/tsc");
  const compiled = promisify(execFile)(process.execPath, [tsc, "-p", folder]);
  expect(await compiled.catch(({ stdout }: { stdout: string }) => stdout)).toMatchObject({ stdout: "" });

  process.env.APP_URL = origin;
  const load = (path: string) => import(pathToFileURL(join(folder, "out", path)).href);
  const { GET } = await load("app/api/mcp/[...mcp]/route.js");
  const list = (headers: Record<string, string>): Promise<Response> =>
    GET(new Request(`${origin}/api/mcp/trpc/mcp.connections.list`, { headers }));
  expect((await list({})).status).toBe(401);
  const answer: unknown = await (await list({ "x-test-user": "ada" })).json();
  expect(answer).toEqual({ result: { data: [] } });

  const { appRouter } = await load("server/router.js");
  expect(Object.keys(appRouter._def.procedures)).toContain("mcp.connections.connect");
  const { searchNotes } = await load("server/search-notes.js");
  await expect(searchNotes("ada", "nobody-has-this", "")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});
