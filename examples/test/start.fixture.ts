import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProcess } from "@mcp-assistant/testkit/processes";
import { rolldown } from "rolldown";
import { afterAll, beforeAll } from "vitest";

export const examples = fileURLToPath(new URL("../", import.meta.url));

let folder: string;

/** Starts the one file of an example, until the test file's end. Node.js 20 cannot run it before it is compiled. */
export async function startExample(name: string, env: Record<string, string>) {
  // Its packages stay where they are.
  const build = await rolldown({ input: join(examples, name, "server.ts"), external: /^[^./]/ });
  const [{ code }] = (await build.generate({ format: "esm" })).output;
  await build.close();
  const file = join(folder, `${name}.mjs`);
  await writeFile(file, code);
  return startProcess({
    command: process.execPath,
    args: [file],
    env,
    readyLine: /is listening/,
    readyTimeoutMs: 120_000,
  });
}

/** Call it once in a test file that starts examples. */
export function useExamples(): void {
  beforeAll(async () => {
    folder = await mkdtemp(join(examples, ".run-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
}
