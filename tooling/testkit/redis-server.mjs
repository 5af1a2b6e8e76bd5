import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { canInstall, canUnpack, install, unpack, which } from "./debian.mjs";

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "mcp-redis", "redis");

function installedServer() {
  const path = which("redis-server") ?? which("valkey-server");
  return path && { path, env: {} };
}

/** The server from the cache finds its libraries in usr/lib/<architecture> through LD_LIBRARY_PATH. */
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
    // redis-tools contains the binary, and redis-server only a link to it. The others are its libraries.
    unpack(["redis-server", "redis-tools", "libjemalloc2", "liblzf1", "libatomic1"], cache);
  }
  const server = installedServer() ?? unpackedServer();
  if (server) return server;
  throw new Error(
    "No Redis: set REDIS_URL, or install redis-server 6.2 or newer (Debian: apt-get install redis-server; macOS: brew install redis).",
  );
}
