// `pnpm strangers [NAME]`: installs the packed package into apps outside this repository, with npm, pnpm and Yarn as they
// are set up on this machine. The apps then type-check and run. NAME picks the apps whose names contain it. It needs a
// package registry, so it is not part of `pnpm test`. newcomer.long.test.ts builds apps with Next.js and Vite.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { packArchive } from "@mcp-assistant/pack";
import { startProcess } from "@mcp-assistant/testkit/processes";
import { authFile, readmeFiles } from "@mcp-assistant/testkit/readme";
import { npm, pnpm, yarn } from "./package-managers.mjs";

/** The oldest supported versions, with tRPC's classic hooks; or later ones, with other hooks or none. */
const least = { hooks: "react-query", versions: {} };
const later = {
  "@trpc/server": "11.25.2",
  "@trpc/client": "11.25.2",
  "@tanstack/react-query": "5.108.4",
  react: "19.3.1",
};
const latest = { versions: later };
const withOptions = {
  hooks: "tanstack-react-query",
  versions: { ...later, "@trpc/server": "11.22.1", "@trpc/client": "11.22.1" },
};

/**
 * @typedef {{ name: string, manager: typeof npm, versions: object, hooks?: string }} App
 * @type {App[]}
 */
const apps = [
  { name: "npm, the least versions", manager: npm, ...least },
  { name: "npm, later versions", manager: npm, ...latest },
  { name: "pnpm, the least versions", manager: pnpm, ...least },
  { name: "pnpm, later versions", manager: pnpm, ...latest },
  { name: "pnpm, @trpc/tanstack-react-query", manager: pnpm, ...withOptions },
  { name: "Yarn PnP, the least versions", manager: yarn, ...least },
  { name: "Yarn PnP, later versions", manager: yarn, ...latest },
];

/** Without the variables that the package manager that started this sets: they would confuse the others. */
const environment = {
  ...Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => /^(?:npm|pnpm)_/i.test(name))
      .map((name) => [name, undefined]),
  ),
  NODE_ENV: undefined,
  YARN_ENABLE_TELEMETRY: "0",
};

const wanted = process.argv[2] ?? "";
const source = join(import.meta.dirname, "app");
const results = { passed: 0, failed: 0 };

/** @param {App} app */
async function makeApp(folder, archive, app) {
  const { manager, hooks, versions } = app;
  const manifest = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
  const dependencies = { ...manifest.dependencies, ...versions, "@mcp-assistant/mcp-redis": `file:${archive}` };
  const unused = ["react-query", "tanstack-react-query"]
    .filter((name) => name !== hooks)
    .map((name) => `@trpc/${name}`);
  for (const name of unused) delete dependencies[name];
  const files = {
    ...manager.files,
    ...readmeFiles,
    "server/auth.ts": authFile,
    "package.json": JSON.stringify({ ...manifest, dependencies }),
  };
  for (const name of ["bin.mjs", "run.mjs", "tsconfig.json"]) await cp(join(source, name), join(folder, name));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  if (hooks) await cp(join(source, "hosts", `${hooks}.tsx`), join(folder, "components/host.tsx"));
}

/**
 * Runs a command in the app, for three minutes at most, and prints the outcome. Returns whether it was as expected.
 * @param {string[]} commandLine
 * @param {{ env?: Record<string, string> }} options
 */
async function step(name, folder, commandLine, options = {}) {
  const [command = "", ...args] = commandLine;
  const startedAt = performance.now();
  const child = await startProcess({ command, args, cwd: folder, env: { ...environment, ...options.env } });
  const late = setTimeout(() => void child.stop(), 180_000);
  const code = await child.exited;
  clearTimeout(late);
  const passed = code === 0;
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`${passed ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
  if (!passed) console.log(child.output().split("\n", 60).join("\n"));
  results[passed ? "passed" : "failed"] += 1;
  return passed;
}

/** @param {App} app */
async function tryApp(folder, app, mcpServer) {
  const { name } = app;
  const { install, node, compilers } = app.manager;
  if (!(await step(`${name}: install`, folder, install))) return;
  for (const [compiler, installed] of Object.entries(compilers)) {
    await step(`${name}: ${compiler}`, folder, [...node, "bin.mjs", installed, "bin/tsc", "-p", "."]);
  }
  await step(`${name}: run`, folder, [...node, "run.mjs"], { env: { MCP_SERVER: mcpServer } });
}

const root = await mkdtemp(join(tmpdir(), "strangers-"));
const server = await startModernServer();
try {
  const archive = await packArchive(join(root, "package"));
  const waiting = apps.filter(({ name }) => name.includes(wanted)).map((app, index) => ({ app, index }));
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const folder = join(root, `app-${next.index}`);
      await makeApp(folder, archive, next.app);
      await tryApp(folder, next.app, server.url);
    }
  };
  // Downloads wait for the network, and the compilers of these apps use one core.
  await Promise.all([lane(), lane()]);
} finally {
  await server.close();
  await rm(root, { recursive: true, force: true });
}
console.log(`Strangers' apps: ${results.passed} steps passed, ${results.failed} failed`);
process.exitCode = results.failed === 0 ? 0 : 1;
