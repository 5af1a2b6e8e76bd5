// `pnpm chaos`: the long forms of the scenarios in which processes are killed and lines are cut, within 25 minutes. They
// choose by a fixed seed. What stands behind `--` goes to vitest.
import { ensureRedis } from "@mcp-assistant/testkit/redis";
import { runVitest, vitestArgs } from "./run-vitest.mjs";
import { fail, required } from "./steps.mjs";
import { turbo } from "./workspace.mjs";

/** What the run cannot do without, found before anything takes time. */
async function prepare() {
  return { turbo: turbo(), redis: await ensureRedis() };
}

const tools = await prepare().catch(fail);

const { redis } = tools;

await required(redis, "build", [tools.turbo, "run", "build", "--filter=./packages/*", "--output-logs=errors-only"]);
await runVitest({ redis, args: ["--project=chaos", ...vitestArgs] });
