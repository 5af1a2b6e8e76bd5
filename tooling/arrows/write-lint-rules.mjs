// `pnpm arrows`: regenerates the linter's rules after a change to floors.mjs.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { lintRules } from "./lint-rules.mjs";

const file = join(import.meta.dirname, "../../biome.arrows.json");
// One rule per line, so that a diff shows only the rules that changed.
const lines = lintRules().overrides.map((rule) => `  ${JSON.stringify(rule)}`);
writeFileSync(file, `{"overrides": [\n${lines.join(",\n")}\n]}\n`);
