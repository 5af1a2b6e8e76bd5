// `pnpm test`: all that a change must pass, in order of cost. What stands behind `--` goes to vitest.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findChromium } from "@mcp-assistant/testkit/browser";
import { spawnWithLifeline } from "@mcp-assistant/testkit/processes";
import { ensureRedis } from "@mcp-assistant/testkit/redis";
import { countResults } from "./count-results.mjs";
import { commandOf, root, turbo, withoutTelemetry } from "./workspace.mjs";

const vitestArgs = process.argv.slice(2).filter((arg, index) => !(index === 0 && arg === "--"));

async function step(name, args, env = {}) {
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

async function required(name, args) {
  if ((await step(name, args)) === 0) return;
  await tools.redis.stop();
  console.error(`${name} failed, so the tests were not run.`);
  process.exit(1);
}

/** The tests see no configuration of the person's own shell: some check what happens without any. */
function testEnvironment(redisUrl, chromium) {
  const configuration = Object.keys(process.env).filter((name) => /^(?:REDIS_|MCP_|DEMO_|PORT$)/.test(name));
  return {
    ...Object.fromEntries(configuration.map((name) => [name, undefined])),
    TEST_REDIS_URL: redisUrl,
    TEST_IS_BUILT: "1",
    CHROMIUM_PATH: chromium,
  };
}

/** @returns {never} */
function fail(error) {
  console.error(error.message);
  process.exit(1);
}

/** What the run cannot do without, found before anything takes time. */
async function prepare() {
  return { turbo: turbo(), chromium: findChromium(), redis: await ensureRedis() };
}

const tools = await prepare().catch(fail);

await required("biome", [commandOf(".", "@biomejs/biome", "bin/biome"), "check", "."]);
await required("build and typecheck", [tools.turbo, "run", "build", "typecheck", "--output-logs=errors-only"]);

const folder = mkdtempSync(join(tmpdir(), "mcp-redis-test-"));
const report = join(folder, "vitest.json");
const vitest = [commandOf(".", "vitest", "vitest.mjs"), "run", "--reporter=default", "--reporter=json"];
const args = [...vitest, `--outputFile.json=${report}`, ...vitestArgs];
const code = await step("vitest", args, testEnvironment(tools.redis.url, tools.chromium));
await tools.redis.stop();

let results;
try {
  results = countResults(JSON.parse(readFileSync(report, "utf8")));
} catch {
  fail(new Error("vitest left no report: it ended before its tests did."));
} finally {
  rmSync(folder, { recursive: true });
}
// Errors outside of any test fail the run, too.
const failed = code === 0 ? results.failed : Math.max(results.failed, 1);
console.log(`${results.passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
