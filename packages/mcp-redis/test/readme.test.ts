import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { authFile, codeBlocks, readmeFiles } from "@mcp-assistant/testkit/readme";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const origin = "http://127.0.0.1:3999";

const tsconfig = {
  extends: "@mcp-assistant/tsconfig/react.json",
  // As in an app with a bundler: relative imports have no extension.
  compilerOptions: { module: "ESNext", moduleResolution: "bundler" },
  include: ["**/*.ts", "**/*.tsx"],
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(here, ".readme-"));
  const files = { ...readmeFiles, "server/auth.ts": authFile, "tsconfig.json": JSON.stringify(tsconfig) };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test("the code of the README and the docs compiles, and the server's part runs", async () => {
  expect(Object.keys(readmeFiles).length).toBeGreaterThan(3);
  expect(Object.keys(readmeFiles).length, "every block starts with its own file name").toBe(codeBlocks);

  const tsc = createRequire(import.meta.url)
    .resolve("typescript/package.json")
    .replace("package.json", "bin/tsc");
  const compiled = promisify(execFile)(process.execPath, [tsc, "-p", folder]);
  expect(await compiled.catch(({ stdout }: { stdout: string }) => stdout)).toMatchObject({ stdout: "" });

  vi.stubEnv("APP_URL", origin);
  const load = (path: string) => import(pathToFileURL(join(folder, path)).href);
  const { GET } = await load("app/api/mcp/[...mcp]/route.ts");
  const list = (): Promise<Response> => GET(new Request(`${origin}/api/mcp/trpc/mcp.connections.list`));
  expect((await list()).status, "the stand-in lets visitors in only in development").toBe(401);
  vi.stubEnv("NODE_ENV", "development");
  expect(await (await list()).json()).toEqual({ result: { data: [] } });

  const trpc = await load("app/api/trpc/[trpc]/route.ts");
  const listAs = (headers: Record<string, string>): Promise<Response> =>
    trpc.GET(new Request(`${origin}/api/trpc/mcp.connections.list`, { headers }));
  expect((await listAs({})).status).toBe(401);
  expect(await (await listAs({ "x-test-user": "ada" })).json()).toEqual({ result: { data: [] } });
  expect((await listAs({ "x-test-user": "ada", "sec-fetch-site": "cross-site" })).status).toBe(403);
  const { searchNotes } = await load("server/search-notes.ts");
  await expect(searchNotes("ada", "no-such-session", "")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});

test("the package's own README shows the same code", () => {
  const own = readFileSync(join(here, "../README.md"), "utf8");
  const blocks = [...own.matchAll(/```tsx?\n\/\/ (\S+)\n(.*?)```/gs)];
  expect(blocks.map(([, path]) => path)).toEqual(["server/mcp.ts", "app/api/mcp/[...mcp]/route.ts"]);
  for (const [, path = "", text] of blocks) expect(text).toBe(readmeFiles[path]);
});
