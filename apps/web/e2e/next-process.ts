import { createRequire } from "node:module";
import { freePort } from "@mcp-assistant/testkit/ports";
import { type StartedProcess, startProcess } from "@mcp-assistant/testkit/processes";

const next = createRequire(import.meta.url).resolve("next/dist/bin/next");

// Next does not know the NODE_ENV that Vitest sets.
const production = { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" } as const;

export interface NextProcess extends StartedProcess {
  url: string;
  port: number;
}

/** Runs `next start` for the built app in a folder, without a parent process that would end or restart it. */
export async function startNext(
  folder: string,
  { port, env }: { port?: number | undefined; env: (url: string) => Record<string, string> },
): Promise<NextProcess> {
  const chosen = port ?? (await freePort());
  const url = `http://127.0.0.1:${chosen}`;
  const started = await startProcess({
    command: process.execPath,
    args: [next, "start", "-H", "127.0.0.1", "-p", String(chosen)],
    cwd: folder,
    env: { ...production, ...env(url) },
    readyLine: /Ready in/,
  });
  // Next reports that it is ready before it has loaded the app.
  await fetch(url, { signal: AbortSignal.timeout(30_000) }).then(
    ({ body }) => body?.cancel(),
    async (cause: unknown) => {
      await started.stop();
      throw new Error(`The app in ${folder} does not answer:\n${started.output()}`, { cause });
    },
  );
  return { ...started, url, port: chosen };
}
