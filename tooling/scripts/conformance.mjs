// `pnpm conformance`: the MCP project's official referee judges a client built on our packages, on its own Redis,
// within 10 minutes.
import { startRedis } from "@mcp-assistant/testkit/redis";
import { fail, required } from "./steps.mjs";
import { turbo } from "./workspace.mjs";

/** Finds everything that the run needs before it starts anything slow. */
async function prepare() {
  return { turbo: turbo(), redis: await startRedis() };
}

const { turbo: build, redis } = await prepare().catch(fail);
await required(redis, "build", [build, "run", "build", "--filter=./packages/*", "--output-logs=errors-only"]);

// Imported only now, because it loads the packages that have just been built.
const { runConformance } = await import("@mcp-assistant/conformance");
const { passed, failed } = await runConformance({ redisPort: redis.port }).finally(() => redis.stop());
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
