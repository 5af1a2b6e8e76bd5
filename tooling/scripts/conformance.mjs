// `pnpm conformance`: the official referee of the MCP project judges a client that goes through our packages, on a Redis
// of its own, within 10 minutes.
import { startRedis } from "@mcp-assistant/testkit/redis";
import { fail, required } from "./steps.mjs";
import { turbo } from "./workspace.mjs";

/** What the run cannot do without, found before anything takes time. */
async function prepare() {
  return { turbo: turbo(), redis: await startRedis() };
}

const { turbo: build, redis } = await prepare().catch(fail);
await required(redis, "build", [build, "run", "build", "--filter=./packages/*", "--output-logs=errors-only"]);

// It imports what has just been built.
const { runConformance } = await import("@mcp-assistant/conformance");
const { passed, failed } = await runConformance({ redisPort: redis.port }).finally(() => redis.stop());
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
