import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";

export const root = join(import.meta.dirname, "../..");

/** The script behind a package's command, resolved from `folder`. It runs under this Node, without a shell. */
export function commandOf(folder, packageName, script) {
  const manifest = createRequire(join(root, folder, "package.json")).resolve(`${packageName}/package.json`);
  return join(dirname(manifest), script);
}

/** Turbo's script. Turbo calls pnpm, so pnpm must be on the PATH, as it is for everything that pnpm runs. */
export function turbo() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  if (folders.some((folder) => existsSync(join(folder, "pnpm")))) return commandOf(".", "turbo", "bin/turbo");
  throw new Error("pnpm is not on the PATH: run this through pnpm, e.g. `npx -y pnpm@12.18.0 start`.");
}

export const withoutTelemetry = {
  NEXT_TELEMETRY_DISABLED: "1",
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
};
