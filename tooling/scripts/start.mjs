// `pnpm start`: builds what is stale and serves the page and the demo servers on 127.0.0.1 until it is stopped.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { isPortFree } from "@mcp-assistant/testkit/ports";
import { spawnWithLifeline } from "@mcp-assistant/testkit/processes";
import { startDemoServers } from "./demo-servers.mjs";
import { localSecrets } from "./local-secrets.mjs";
import { onPackageManagerGone } from "./package-manager-parents.mjs";
import { watchFolders } from "./watch-folders.mjs";
import { commandOf, root, turbo, withoutTelemetry } from "./workspace.mjs";

const { values: flags } = parseArgs({
  options: {
    /** Next's development server instead of a build of the app. Packages are built again after each edit. */
    dev: { type: "boolean", default: false },
    /** Skips the build, for callers that have just built everything: a build changes the files of running servers. */
    "no-build": { type: "boolean", default: false },
  },
});
const host = "127.0.0.1";
const packagesOfTheApp = "@mcp-assistant/web^...";

function fail(message) {
  console.error(message);
  process.exit(1);
}

function portsFrom(text) {
  const web = Number(text);
  if (!Number.isInteger(web) || web < 1 || web > 65_532) fail(`PORT must be a number from 1 to 65532, not "${text}".`);
  return { web, oauth: web + 1, authorizationServer: web + 2, modern: web + 3 };
}

async function refuseTakenPorts(ports) {
  const uses = { oauth: "the demo notes", authorizationServer: "their sign-in", modern: "the demo tools" };
  for (const [name, port] of Object.entries(ports)) {
    const what = uses[name] ? ` (needed for ${uses[name]}, as PORT is ${ports.web})` : "";
    const free = await isPortFree(port, host).catch((error) => fail(`Port ${port} cannot be used: ${error.message}`));
    if (!free) fail(`Port ${port} is already in use${what}: stop what uses it, or set PORT to another one.`);
  }
}

/** Builds what has changed, and returns the exit code. */
async function turboBuild(filters) {
  const args = [turbo(), "run", "build", ...filters.map((name) => `--filter=${name}`), "--output-logs=errors-only"];
  // The output of a build goes to stderr, so that stdout only has the lines printed at the end.
  const child = await spawnWithLifeline({
    command: process.execPath,
    args,
    cwd: root,
    env: withoutTelemetry,
    stdout: process.stderr.fd,
    stderr: "inherit",
  });
  running.add(child);
  const code = await child.exited;
  running.delete(child);
  return code;
}

async function build() {
  console.error("Building what has changed. The first build takes a minute or two.");
  const code = await turboBuild([
    "@mcp-assistant/demo-servers",
    flags.dev ? packagesOfTheApp : "@mcp-assistant/web...",
  ]);
  if (stopping) return stopping;
  if (code !== 0) fail("The build failed: see above.");
}

async function rebuildPackages() {
  if (stopping) return;
  const code = await turboBuild([packagesOfTheApp]);
  if (stopping) return;
  console.error(code === 0 ? "The packages are built again." : "The build failed: see above. The app keeps running.");
}

function packageSources() {
  const packages = join(root, "packages");
  return readdirSync(packages)
    .map((name) => join(packages, name, "src"))
    .filter((folder) => existsSync(folder));
}

/** The settings that name a Redis when there is no URL. */
const redisParts = process.env.REDIS_CLUSTER || process.env.REDIS_SENTINELS || process.env.REDIS_HOST;

function describeStorage(redisUrl) {
  if (!redisUrl && redisParts) return `Redis at ${redisParts}`;
  if (!redisUrl) return "in memory, gone when this ends (set REDIS_URL to keep it)";
  if (!URL.canParse(redisUrl)) fail("REDIS_URL is not a URL, e.g. redis://127.0.0.1:6379.");
  const url = new URL(redisUrl);
  if (url.password) url.password = "***";
  url.search = "";
  return `Redis at ${url.href.replace(/\/$/, "")}`;
}

const running = new Set();
let stopping;

/** Stops all children, then ends this process. Never resolves. */
function stop(exitCode) {
  stopping ??= Promise.all([...running].map((child) => child.stop())).then(() => process.exit(exitCode));
  return stopping;
}

function endTogether(name, child) {
  running.add(child);
  child.exited.then((code) => {
    if (stopping) return;
    console.error(`${child.output?.() ?? ""}${name} has ended unexpectedly (exit code ${code}), so everything ends.`);
    stop(1);
  });
}

const ports = portsFrom(process.env.PORT || "3000");
const baseUrl = `http://${host}:${ports.web}`;
const redisUrl = process.env.REDIS_URL || undefined;
const storage = describeStorage(redisUrl);
await refuseTakenPorts(ports);

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(0));
onPackageManagerGone(() => stop(0));
if (!flags["no-build"]) await build().catch((error) => fail(error.message));
if (flags.dev) watchFolders(packageSources(), () => rebuildPackages().catch((error) => console.error(error.message)));

const demoServers = await startDemoServers(ports, {
  accessTokenTtl: process.env.DEMO_ACCESS_TOKEN_TTL,
  recordRequests: process.env.DEMO_RECORD_REQUESTS === "1",
  // With storage in memory no connection outlives this process, so the demo server need not keep its state either.
  stateFile: (redisUrl || redisParts) && join(root, ".data/demo-notes.json"),
}).catch((error) => {
  console.error(error.message);
  return stop(1);
});
for (const { process: server, card } of demoServers) endTogether(card.name, server);

const secrets = localSecrets(join(root, ".data"));
const next = commandOf("apps/web", "next", "dist/bin/next");
const web = await spawnWithLifeline({
  command: process.execPath,
  args: [next, flags.dev ? "dev" : "start", "-H", host, "-p", String(ports.web)],
  cwd: join(root, "apps/web"),
  env: {
    ...withoutTelemetry,
    REDIS_URL: redisUrl,
    MCP_BASE_URL: baseUrl,
    MCP_COOKIE_SECRET: process.env.MCP_COOKIE_SECRET || secrets.cookieSecret,
    MCP_ENCRYPTION_KEYS: process.env.MCP_ENCRYPTION_KEYS || secrets.encryptionKey,
    // The demo servers, and any hosts that the caller allows.
    MCP_ALLOW_HOSTS: [...demoServers.flatMap(({ hosts }) => hosts), process.env.MCP_ALLOW_HOSTS]
      .filter(Boolean)
      .join(","),
    MCP_DEMO_SERVERS: JSON.stringify(demoServers.map(({ card }) => card)),
  },
  stdout: flags.dev ? "inherit" : "pipe",
  stderr: "inherit",
});
endTogether("The web app", web);
// Hide Next's banner, which repeats the lines below. Show everything that the app writes later.
let serving = false;
web.stdout?.on("data", (chunk) => serving && process.stdout.write(chunk));

async function whenServing() {
  while (!stopping) {
    const answer = await fetch(`${baseUrl}/connections`).catch(() => undefined);
    await answer?.body?.cancel();
    // A development server keeps running and shows the error. A built app needs another start.
    if (answer && answer.status >= 500 && !flags.dev) {
      console.error("The page cannot be shown: the error above says which setting to correct.");
      return stop(1);
    }
    if (answer) return;
    await sleep(50);
  }
}
await whenServing();
serving = true;
if (!stopping) {
  const hints = [
    `"Demo tools" connects with one click. "Demo notes" asks you to sign in first, which is one more click.`,
    "Servers on this machine are refused unless allowed, for example with MCP_ALLOW_HOSTS=127.0.0.1:8000.",
    ...(flags.dev ? ["Edits in apps/web and packages appear on the page within seconds."] : []),
    "Ctrl+C stops everything.",
  ];
  const lines = [
    ["Storage", storage],
    ...demoServers.map(({ card }) => [
      card.name,
      `${card.url} ${card.signIn ? `(with sign-in at http://${host}:${ports.authorizationServer})` : "(without sign-in)"}`,
    ]),
  ].map(([name, value]) => `  ${name.padEnd(11)} ${value}`);
  console.log(`\n${lines.join("\n")}\n\n  Open ${baseUrl}\n`);
  for (const line of hints) console.log(`  ${line}`);
}
