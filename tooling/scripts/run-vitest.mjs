import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countResults } from "./count-results.mjs";
import { fail, step } from "./steps.mjs";
import { commandOf } from "./workspace.mjs";

/** The arguments for vitest: all but our own flag, and the `--` that pnpm passes on. */
export const vitestArgs = process.argv.slice(2).filter((arg) => arg !== "--" && arg !== "--full");

/** The environment of the tests, without configuration from the shell: some tests check what happens without any. */
function testEnvironment(redis, changes) {
  const configuration = Object.keys(process.env).filter((name) => /^(?:REDIS_|MCP_|DEMO_|PORT$)/.test(name));
  return {
    ...Object.fromEntries(configuration.map((name) => [name, undefined])),
    TEST_REDIS_URL: redis.url,
    TEST_IS_BUILT: "1",
    ...changes,
  };
}

/**
 * Runs vitest and ends this process. The last line counts passed and failed tests.
 * @returns {Promise<never>}
 */
export async function runVitest({ redis, args, env = {} }) {
  const folder = mkdtempSync(join(tmpdir(), "mcp-redis-test-"));
  const report = join(folder, "vitest.json");
  const vitest = [commandOf(".", "vitest", "vitest.mjs"), "run", "--reporter=default", "--reporter=json"];
  const code = await step("vitest", [...vitest, `--outputFile.json=${report}`, ...args], testEnvironment(redis, env));
  await redis.stop();
  let results;
  try {
    results = countResults(JSON.parse(readFileSync(report, "utf8")));
  } catch {
    fail(new Error("vitest left no report: it ended before its tests did."));
  } finally {
    rmSync(folder, { recursive: true });
  }
  // Errors outside tests also fail the run.
  const failed = code === 0 ? results.failed : Math.max(results.failed, 1);
  console.log(`${results.passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
