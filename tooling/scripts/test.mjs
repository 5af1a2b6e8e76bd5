// `pnpm test`: all that a change must pass, in order of cost. What stands behind `--` goes to vitest.
import { findChromium } from "@mcp-assistant/testkit/browser";
import { ensureRedis } from "@mcp-assistant/testkit/redis";
import { runVitest, vitestArgs } from "./run-vitest.mjs";
import { fail, required } from "./steps.mjs";
import { commandOf, turbo } from "./workspace.mjs";

/** What the run cannot do without, found before anything takes time. */
async function prepare() {
  return { turbo: turbo(), chromium: findChromium(), redis: await ensureRedis() };
}

const tools = await prepare().catch(fail);

const { redis } = tools;

await required(redis, "biome", [commandOf(".", "@biomejs/biome", "bin/biome"), "check", "."]);
await required(redis, "build and typecheck", [tools.turbo, "run", "build", "typecheck", "--output-logs=errors-only"]);

// The long forms of the scenarios are not for every change: `pnpm chaos` runs them.
const projects = vitestArgs.some((arg) => arg.startsWith("--project")) ? [] : ["--project=!chaos"];
await runVitest({ redis, args: [...projects, ...vitestArgs], env: { CHROMIUM_PATH: tools.chromium } });
