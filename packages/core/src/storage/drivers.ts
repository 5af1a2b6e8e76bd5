import { parseUrl } from "@mcp-assistant/protocol";
import { ConfigurationError } from "../errors.js";
import { forgetProcessWide, processWide } from "../process-wide.js";
import type { StorageDriver } from "../session/storage-driver.js";
import { MemoryDriver } from "./memory/driver.js";
import { isConnection, type RedisStorage } from "./redis/connection.js";
import { RedisDriver } from "./redis/driver.js";
import type { RedisConnection, RedisParts } from "./redis/parts.js";

/** What an app can pass as its storage. `"memory"` means {@link memory}, a URL or its parts mean {@link redis}. */
export type StorageOption = string | RedisParts | RedisConnection | StorageDriver;

/** Storage in the memory of this process. Always the same instance; its data is lost when the process ends. */
export function memory(): StorageDriver {
  return driverAt("memory", () => new MemoryDriver());
}

/**
 * Storage in a Redis, given by a redis:// or rediss:// URL; by its parts (including those of a Sentinel set-up or a
 * Cluster); or by your own ioredis connection, whose options are used to open separate connections. Within one process,
 * the same URL or parts return the same driver. No connection is opened before the first use. Throws a
 * `ConfigurationError` for anything else.
 */
export function redis(storage: string | RedisParts | RedisConnection): StorageDriver {
  if (typeof storage === "string") return redisAt(storage, checkUrl(storage));
  if (typeof storage === "object" && storage !== null && isConnection(storage)) return redisAt(storage, storage);
  const parts = checkParts(storage);
  // Equal parts mean the same Redis, even if they come from two bundles.
  return redisAt(JSON.stringify(parts), parts);
}

const redisAt = (key: unknown, storage: RedisStorage) => driverAt(key, () => new RedisDriver(storage));

const keysOfDrivers = () => processWide("keys of drivers", "all", () => new WeakMap<StorageDriver, unknown>());

function driverAt(key: unknown, make: () => StorageDriver): StorageDriver {
  const driver = processWide("driver", key, make);
  keysOfDrivers().set(driver, key);
  return driver;
}

/** Forgets a driver that was created here and is no longer used. */
export function forgetDriver(driver: StorageDriver): void {
  forgetProcessWide("driver", keysOfDrivers().get(driver));
}

/**
 * The driver for an app's `storage` option. The option may be missing while the app is built, but not when it handles
 * requests. Throws a `ConfigurationError` for an invalid option, without repeating its value, which may contain a
 * password.
 */
export function driverOf(storage: StorageOption | undefined): StorageDriver {
  if (storage === undefined || storage === "") {
    throw new ConfigurationError(
      'createMcp: "storage" is missing',
      'Set it to a Redis URL (such as REDIS_URL), or "memory".',
    );
  }
  if (storage === "memory") return memory();
  if (typeof storage === "object" && storage !== null && isMeantAsDriver(storage)) return checkDriver(storage);
  return redis(storage);
}

/**
 * Whether the data is lost when this process ends. False for an invalid storage, which is reported at its first use.
 */
export function isInMemory(storage: StorageOption | undefined): boolean {
  try {
    return !driverOf(storage).isDurable;
  } catch {
    return false;
  }
}

/** What a driver must have, and the type of each. */
const membersOfDriver: Readonly<Record<Exclude<keyof StorageDriver, "open">, "string" | "boolean" | "function">> = {
  name: "string",
  isDurable: "boolean",
  read: "function",
  readPart: "function",
  list: "function",
  commit: "function",
  take: "function",
  giveBack: "function",
  readLog: "function",
  subscribe: "function",
  publish: "function",
  time: "function",
  scan: "function",
  close: "function",
};

/** No client of Redis has any of these. */
const isMeantAsDriver = (storage: object): boolean =>
  ["isDurable", "commit", "readLog", "readPart"].some((member) => member in storage);

/** Names what is missing: a driver that was written for an earlier version lacks what has come since. */
function checkDriver(storage: object): StorageDriver {
  const isMissing = ([member, type]: [string, string]) => typeof Reflect.get(storage, member) !== type;
  const missing = Object.entries(membersOfDriver).filter(isMissing);
  if (missing.length > 0) {
    const names = missing.map(([member, type]) => (type === "function" ? `${member}()` : `${member} (a ${type})`));
    throw new ConfigurationError(
      `createMcp({ storage }) is a driver without ${names.join(", ")}`,
      "Implement the whole interface StorageDriver. storageContract tests a driver.",
    );
  }
  return storage as StorageDriver;
}

function checkUrl(url: string): string {
  const example = 'Use redis://host:6379, or "memory".';
  const parsed = parseUrl(url);
  if (!parsed?.hostname || !/^rediss?:$/.test(parsed.protocol)) {
    throw new ConfigurationError('createMcp({ storage }) is neither a redis:// URL nor "memory"', example);
  }
  if (!/^(?:\/\d*)?$/.test(parsed.pathname)) {
    throw new ConfigurationError(
      "createMcp({ storage }) is a Redis URL whose path is not a database number",
      "Use a number, such as redis://host:6379/0.",
    );
  }
  return url;
}

/** Checks the type as well, because JavaScript callers may pass anything. */
function checkParts(given: unknown): RedisParts {
  const fix = 'Set it to a Redis URL, { host, port, … }, an ioredis connection, a driver or "memory".';
  if (typeof given !== "object" || given === null)
    throw new ConfigurationError(`createMcp({ storage }) is ${given === null ? "null" : `a ${typeof given}`}`, fix);
  if ("sendCommand" in given) {
    throw new ConfigurationError(
      "createMcp({ storage }) is a client of a library other than ioredis",
      "Set it to the URL of your Redis. This package opens its own connections.",
    );
  }
  if (!namesPlace(given))
    throw new ConfigurationError("createMcp({ storage }) is an object that does not name a Redis", fix);
  return given;
}

/** Without any of these, ioredis would use the Redis on this machine. */
const namesPlace = (given: object): given is RedisParts =>
  ["host", "port", "path", "sentinels", "cluster"].some((place) => {
    const named: unknown = Reflect.get(given, place);
    return Array.isArray(named) ? named.length > 0 : named !== undefined && named !== "";
  });
