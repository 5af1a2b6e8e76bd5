import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { spawnWithLifeline } from "@mcp-assistant/testkit/processes";

/** How long (ms) the referee may take for all scenarios in a run. */
const runTimeoutMs = 180_000;

const here = import.meta.dirname;
const quoted = (path) => `"${path}"`;

function refereeOf(release) {
  const manifest = createRequire(import.meta.url).resolve(`conformance-${release}/package.json`);
  return join(dirname(manifest), "dist/index.js");
}

/**
 * Runs a release of the referee (`stable` or `alpha`) on our client. Returns its report and the output of the clients.
 * A run that takes too long is ended, with all its clients.
 */
export async function runReferee({ release, args, env }) {
  const child = await spawnWithLifeline({
    command: process.execPath,
    args: [
      `--import=${join(here, "fs-with-glob-sync.mjs")}`,
      refereeOf(release),
      "client",
      // The referee passes this to a shell.
      `--command=${quoted(process.execPath)} ${quoted(join(here, "client.mjs"))}`,
      // Its clients wait for their turn, and the run has its own limit.
      `--timeout=${runTimeoutMs}`,
      "--verbose",
      ...args,
    ],
    env,
  });
  const outputs = Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : "")));
  const ended = new AbortController();
  const late = pause(runTimeoutMs, undefined, { signal: ended.signal }).then(child.stop, () => undefined);
  await child.exited;
  ended.abort();
  await late;
  const [report, clients] = await outputs;
  return { report, clients };
}
