// `pnpm test`: what every change must pass, in order of cost. `pnpm test:full`: that, and what takes long or repeats a
// scenario in one more way (`*.long.test.ts`). Arguments after `--` go to vitest.
import { findChromium } from "@mcp-assistant/testkit/browser";
import { ensureRedis } from "@mcp-assistant/testkit/redis";
import { runVitest, vitestArgs } from "./run-vitest.mjs";
import { fail, required } from "./steps.mjs";
import { commandOf, turbo } from "./workspace.mjs";

const isFull = process.argv.includes("--full");

/** What the run needs, found before anything takes time. */
async function prepare() {
  return { turbo: turbo(), chromium: findChromium(), redis: await ensureRedis() };
}

const tools = await prepare().catch(fail);

const { redis } = tools;

await required(redis, "biome", [commandOf(".", "@biomejs/biome", "bin/biome"), "check", "."]);
await required(redis, "build and typecheck", [tools.turbo, "run", "build", "typecheck", "--output-logs=errors-only"]);

const short = ["unit", "redis", "browser"];
const chosen = isFull ? [...short, "long", "browser-long"] : short;
const projects = vitestArgs.some((arg) => arg.startsWith("--project")) ? [] : chosen.map((name) => `--project=${name}`);
await runVitest({ redis, args: [...projects, ...vitestArgs], env: { CHROMIUM_PATH: tools.chromium } });
