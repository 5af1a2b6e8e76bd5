// `pnpm bench <name>`: runs packages/*/bench/<name>.mjs on its own Redis and compares the results with its goals. Goals
// are counts, bytes, or ratios within one run, so they also hold on a slow machine.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { fail, step } from "./steps.mjs";
import { root, turbo } from "./workspace.mjs";

const name = process.argv[2] ?? "";
const file = readdirSync(join(root, "packages"))
  .map((folder) => join(root, "packages", folder, "bench", `${name}.mjs`))
  .find((path) => /^[a-z-]+$/.test(name) && existsSync(path));
if (!file)
  fail(new Error(`There is no packages/*/bench/${name || "<name>"}.mjs: name one that exists, such as storage.`));

const build = ["run", "build", "--filter=./packages/*", "--output-logs=errors-only"];
if ((await step("build", [turbo(), ...build])) !== 0) fail(new Error("The build failed, so nothing was measured."));

const redis = await startRedis();
const { measure } = await import(file);
const rows = await measure(redis.url).finally(() => redis.stop());

const lines = rows.map(({ what, measured, limit, unit }) => [
  what,
  `${Number(measured.toFixed(2))} ${unit}`,
  `<= ${limit} ${unit}`,
  measured <= limit ? "ok" : "FAIL",
]);
const table = [["what", "measured", "goal", ""], ...lines];
const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));
for (const line of table) console.log(line.map((cell, column) => cell.padEnd(widths[column])).join("  "));
const failed = rows.filter(({ measured, limit }) => !(measured <= limit)).length;
console.log(`${rows.length - failed} ok, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
