import { execFileSync } from "node:child_process";

/** Both compilers, by their names in the app's manifest. */
const compilers = { "tsc 5.9": "typescript", "tsc 7": "typescript-7" };

/**
 * The files that the manager needs beside the manifest, how to install, how to run Node in the app, and the compilers
 * to use.
 * @type {{ files: Record<string, string>, install: string[], node: string[], compilers: Record<string, string> }}
 */
export const npm = {
  files: {},
  install: ["npm", "install", "--strict-peer-deps", "--no-audit", "--no-fund", "--loglevel=error"],
  node: [process.execPath],
  compilers,
};

/** @type {typeof npm} */
export const pnpm = {
  files: { "pnpm-workspace.yaml": "strictPeerDependencies: true\nautoInstallPeers: false\n" },
  install: ["pnpm", "install", "--no-frozen-lockfile"],
  node: [process.execPath],
  compilers,
};

const yarnCommand = ["npx", "-y", "@yarnpkg/cli-dist@4.18.1"];

// Yarn ignores npm's setting and would use its own default registry.
const registry = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim();

/** @type {typeof npm} */
export const yarn = {
  files: { "yarn.lock": "", ".yarnrc.yml": `nodeLinker: pnp\nnpmRegistryServer: ${JSON.stringify(registry)}\n` },
  install: [...yarnCommand, "install", "--no-immutable"],
  node: [...yarnCommand, "node"],
  // TypeScript 7 finds no packages that Plug'n'Play keeps.
  compilers: { "tsc 5.9": compilers["tsc 5.9"] },
};
