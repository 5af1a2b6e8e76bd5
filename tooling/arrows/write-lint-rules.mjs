// `pnpm arrows`: writes the linter's rules again after a change of floors.mjs.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { lintRules } from "./lint-rules.mjs";

const file = join(import.meta.dirname, "../../biome.arrows.json");
// A line for each rule: a change of the floors then shows as the rules that it changes.
const lines = lintRules().overrides.map((rule) => `  ${JSON.stringify(rule)}`);
writeFileSync(file, `{"overrides": [\n${lines.join(",\n")}\n]}\n`);
