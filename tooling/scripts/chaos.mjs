// `pnpm chaos`: runs the long forms of the scenarios that kill processes and cut connections, and of those that send
// invalid data, within 40 minutes. The former use a fixed seed, the latter a new one, which a failure prints. Arguments
// after `--` go to vitest.
import { ensureRedis } from "@mcp-assistant/testkit/redis";
import { runVitest, vitestArgs } from "./run-vitest.mjs";
import { fail, required } from "./steps.mjs";
import { turbo } from "./workspace.mjs";

/** Finds everything that the run needs before it starts anything slow. */
async function prepare() {
  return { turbo: turbo(), redis: await ensureRedis() };
}

const tools = await prepare().catch(fail);

const { redis } = tools;

await required(redis, "build", [tools.turbo, "run", "build", "--filter=./packages/*", "--output-logs=errors-only"]);
await runVitest({ redis, args: ["--project=chaos", ...vitestArgs] });
