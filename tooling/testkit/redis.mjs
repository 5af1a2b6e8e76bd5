import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { canInstall, canUnpack, install, unpack, which } from "./debian.mjs";
import { freePort } from "./ports.mjs";
import { startProcess } from "./processes.mjs";

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "mcp-redis", "redis");

function installedServer() {
  const path = which("redis-server") ?? which("valkey-server");
  return path && { path, env: {} };
}

/** The server out of the cache finds its libraries by LD_LIBRARY_PATH: they lie in usr/lib/<architecture>. */
function unpackedServer() {
  const path = join(cache, "usr/bin/redis-server");
  if (!existsSync(path)) return undefined;
  const libraries = readdirSync(join(cache, "usr/lib")).map((folder) => join(cache, "usr/lib", folder));
  return { path, env: { LD_LIBRARY_PATH: libraries.join(delimiter) } };
}

export function findRedisServer({ log = console.error } = {}) {
  const found = installedServer() ?? unpackedServer();
  if (found) return found;
  if (canInstall()) {
    log("redis-server is not installed: installing the system's package (once)…");
    install(["redis-server"]);
  } else if (canUnpack()) {
    log("redis-server is not installed: unpacking the system's package into a cache (once, no root needed)…");
    // redis-tools holds the binary, redis-server only a link to it; the others are its libraries.
    unpack(["redis-server", "redis-tools", "libjemalloc2", "liblzf1", "libatomic1"], cache);
  }
  const server = installedServer() ?? unpackedServer();
  if (server) return server;
  throw new Error(
    "No Redis: set REDIS_URL, or install redis-server 6.2 or newer (Debian: apt-get install redis-server; macOS: brew install redis).",
  );
}

export async function startRedis({ port: wantedPort, args = [] } = {}) {
  const server = findRedisServer();
  const port = wantedPort ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), "mcp-redis-"));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  const defaults = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  const redis = await startProcess({
    command: server.path,
    args: [...defaults, ...args],
    env: server.env,
    readyLine: /Ready to accept connections/,
    readyTimeoutMs: 10_000,
  }).catch((error) => {
    removeFolder();
    throw error;
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: redis.pid,
    async kill() {
      await redis.kill9();
      removeFolder();
    },
    async stop() {
      await redis.stop();
      removeFolder();
    },
  };
}

function isReachable(url) {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 6379), timeout: 1_000 });
    const answer = (reachable) => {
      socket.destroy();
      resolve(reachable);
    };
    socket.once("connect", () => answer(true));
    socket.once("timeout", () => answer(false));
    socket.once("error", () => answer(false));
  });
}

export async function ensureRedis() {
  const url = process.env.TEST_REDIS_URL || process.env.REDIS_URL;
  if (url && (await isReachable(url))) return { url, stop: async () => {} };
  const { url: started, stop } = await startRedis();
  return { url: started, stop };
}
