import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { startProcess } from "@mcp-assistant/testkit/processes";
import { afterAll } from "vitest";
import { hostContract } from "./host.contract.js";
import { examples } from "./start.fixture.js";

const next = createRequire(import.meta.url).resolve("next/dist/bin/next");
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

type Changes = Record<string, (text: string) => string>;

/** Builds a copy of the example and starts it. `changes`: what is different in its files. */
async function startNext(env: Record<string, string>, changes: Changes) {
  const folder = await mkdtemp(join(examples, ".run-next-"));
  folders.push(folder);
  await cp(join(examples, "next"), folder, {
    recursive: true,
    filter: (path) => !/\/(?:\.next|node_modules)$/.test(path),
  });
  for (const [name, change] of Object.entries(changes)) {
    const before = await readFile(join(folder, name), "utf8");
    const after = change(before);
    if (after === before) throw new Error(`${name} has not changed`);
    await writeFile(join(folder, name), after);
  }
  // Next does not know the NODE_ENV that Vitest sets.
  const inFolder = { command: process.execPath, cwd: folder };
  const always = { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
  const build = await startProcess({ ...inFolder, args: [next, "build"], env: always });
  if ((await build.exited) !== 0) throw new Error(`next build failed:\n${build.output()}`);
  const args = [next, "start", "-H", "127.0.0.1", "-p", env.PORT ?? ""];
  return startProcess({
    ...inFolder,
    args,
    env: { ...always, ...env },
    readyLine: /Ready in/,
    readyTimeoutMs: 120_000,
  });
}

hostContract("next", (env) => startNext(env, {}), { endsStreams: false });

const shop: Changes = {
  "next.config.ts": (text) => text.replace("NextConfig = {", 'NextConfig = { basePath: "/shop", trailingSlash: true,'),
  "server/mcp.ts": (text) => text.replace("createMcp({", 'createMcp({ basePath: "/shop/api/mcp",'),
};

hostContract("next with its own basePath and trailingSlash", (env) => startNext(env, shop), {
  basePath: "/shop/api/mcp",
  endsStreams: false,
});
