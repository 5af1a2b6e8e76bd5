// `pnpm chaos`: the long forms of the scenarios in which processes are killed and lines are cut, and of those that send what
// nobody should, within 40 minutes. The first choose by a fixed seed, the others by a new one, which a failure
// prints. What stands behind `--` goes to vitest.
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
