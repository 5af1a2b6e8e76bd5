import { createRequire } from "node:module";
import { freePort } from "@mcp-assistant/testkit/ports";
import { type StartedProcess, startProcess } from "@mcp-assistant/testkit/processes";

const next = createRequire(import.meta.url).resolve("next/dist/bin/next");

// Vitest's own NODE_ENV is nothing that Next knows.
const production = { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" } as const;

/** `next build` of the app in a folder, within three minutes. */
export async function buildNext(folder: string): Promise<void> {
  const build = await startProcess({ command: process.execPath, args: [next, "build"], cwd: folder, env: production });
  const late = setTimeout(() => void build.kill9(), 180_000);
  const code = await build.exited;
  clearTimeout(late);
  if (code !== 0) throw new Error(`next build ended with ${code}:\n${build.output()}`);
}

export interface NextProcess extends StartedProcess {
  url: string;
  port: number;
}

/** `next start` of the app that is built in a folder, without a parent that would end it or start it anew. */
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
  // Next says that it is ready before it has loaded what it serves.
  await fetch(url, { signal: AbortSignal.timeout(30_000) }).then(
    ({ body }) => body?.cancel(),
    async (cause: unknown) => {
      await started.stop();
      throw new Error(`The app in ${folder} does not answer:\n${started.output()}`, { cause });
    },
  );
  return { ...started, url, port: chosen };
}
