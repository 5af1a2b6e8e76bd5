import { spawnWithLifeline } from "@mcp-assistant/testkit/processes";
import { root, withoutTelemetry } from "./workspace.mjs";

/** Runs a script of the repository, prints the result, and returns the exit code. */
export async function step(name, args, env = {}) {
  const startedAt = performance.now();
  const child = await spawnWithLifeline({
    command: process.execPath,
    args,
    cwd: root,
    env: { ...withoutTelemetry, ...env },
    stdout: "inherit",
    stderr: "inherit",
  });
  const code = await child.exited;
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`${code === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
  return code;
}

/** @returns {never} */
export function fail(error) {
  console.error(error.message);
  process.exit(1);
}

/** Runs a step that the tests depend on. If it fails, everything ends. */
export async function required(redis, name, args) {
  if ((await step(name, args)) === 0) return;
  await redis.stop();
  fail(new Error(`${name} failed, so the tests were not run.`));
}
