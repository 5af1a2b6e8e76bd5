// `pnpm test`: everything that a change must pass, cheapest first. `pnpm test:full`: also what takes long, or repeats a
// scenario in another way (`*.long.test.ts`). Arguments after `--` go to vitest.
import { findChromium } from "@mcp-assistant/testkit/browser";
import { ensureRedis } from "@mcp-assistant/testkit/redis";
import { runVitest, vitestArgs } from "./run-vitest.mjs";
import { fail, required } from "./steps.mjs";
import { commandOf, turbo } from "./workspace.mjs";

const isFull = process.argv.includes("--full");

/** Finds everything that the run needs before it starts anything slow. */
async function prepare() {
  return { turbo: turbo(), chromium: findChromium(), redis: await ensureRedis() };
}

const tools = await prepare().catch(fail);

const { redis } = tools;

await required(redis, "biome", [commandOf(".", "@biomejs/biome", "bin/biome"), "check", "."]);
await required(redis, "build and typecheck", [tools.turbo, "run", "build", "typecheck", "--output-logs=errors-only"]);

const chosen = isFull ? ["long", "redis", "unit", "browser-full"] : ["redis", "unit", "browser"];
const projects = vitestArgs.some((arg) => arg.startsWith("--project")) ? [] : chosen.map((name) => `--project=${name}`);
await runVitest({ redis, args: [...projects, ...vitestArgs], env: { CHROMIUM_PATH: tools.chromium } });
