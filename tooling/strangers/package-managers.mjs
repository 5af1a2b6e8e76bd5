import { execFileSync } from "node:child_process";

/** Both compilers, as the app's manifest names them. */
const compilers = { "tsc 5.9": "typescript", "tsc 7": "typescript-7" };

/**
 * How to install, how to run Node in the app, what of the manager's stands beside the manifest, and what can compile.
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

// Yarn has a registry of its own unless it is told of npm's.
const registry = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim();

/** @type {typeof npm} */
export const yarn = {
  files: { "yarn.lock": "", ".yarnrc.yml": `nodeLinker: pnp\nnpmRegistryServer: ${JSON.stringify(registry)}\n` },
  install: [...yarnCommand, "install", "--no-immutable"],
  node: [...yarnCommand, "node"],
  // TypeScript 7 finds no package that Plug'n'Play keeps, whosever it is.
  compilers: { "tsc 5.9": compilers["tsc 5.9"] },
};
