import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type StartedProcess, startProcess } from "@mcp-assistant/testkit/processes";
import { afterAll } from "vitest";
import { examples } from "./start.fixture.js";

const next = createRequire(import.meta.url).resolve("next/dist/bin/next");

// Next does not know the NODE_ENV that Vitest sets.
const production = { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };

/** What is different in the files of the example, by their path. A file that it does not have begins empty. */
export type Changes = Record<string, (text: string) => string | Promise<string>>;

// The types are checked by `pnpm typecheck`.
const always: Changes = {
  "next.config.ts": (text) => text.replace("NextConfig = {", "NextConfig = { typescript: { ignoreBuildErrors: true },"),
};

async function build(folder: string, changes: Changes): Promise<string> {
  await cp(join(examples, "next"), folder, {
    recursive: true,
    filter: (path) => !/\/(?:\.next|node_modules)$/.test(path),
  });
  for (const [name, change] of [...Object.entries(always), ...Object.entries(changes)]) {
    const path = join(folder, name);
    const before = await readFile(path, "utf8").catch(() => "");
    const after = await change(before);
    if (after === before) throw new Error(`${name} has not changed`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, after);
  }
  const args = [next, "build"];
  const building = await startProcess({ command: process.execPath, args, cwd: folder, env: production });
  const late = setTimeout(() => void building.kill9(), 300_000);
  const code = await building.exited;
  clearTimeout(late);
  if (code !== 0) throw new Error(`next build ended with ${code}:\n${building.output()}`);
  return folder;
}

/**
 * Call it once for each build in a test file: the first caller of the result builds a copy of the example, all of them
 * start it, and it is removed at the file's end. `env.PORT` is where it listens.
 */
export function useNext(changes: Changes): (env: Record<string, string>) => Promise<StartedProcess> {
  let folder: Promise<string> | undefined;
  let built: Promise<string> | undefined;
  afterAll(async () => {
    if (folder) await rm(await folder, { recursive: true, force: true });
  });
  return async (env) => {
    folder ??= mkdtemp(join(examples, ".run-next-"));
    built ??= folder.then((path) => build(path, changes));
    return startProcess({
      command: process.execPath,
      args: [next, "start", "-H", "127.0.0.1", "-p", env.PORT ?? ""],
      cwd: await built,
      env: { ...production, ...env },
      readyLine: /Ready in/,
      readyTimeoutMs: 120_000,
    });
  };
}
