import { randomUUID } from "node:crypto";
import { KeyRing, makeKeys } from "../credentials/key-ring.js";
import { ConfigurationError } from "../errors.js";
import { EventHub } from "../events/event-hub.js";
import type { EventLog } from "../events/event-log.js";
import type { Logger } from "../logger.js";
import { forgetProcessWide, processWide } from "../process-wide.js";
import type { RateLimits } from "../rates/rate-limits.js";
import type { SessionStore } from "../session/session-store.js";
import { createLog } from "../telemetry.js";
import type { ValueStore } from "../values/value-store.js";
import { MemoryEventLog } from "./memory/event-log.js";
import { MemoryRateLimits } from "./memory/rate-limits.js";
import { MemorySessionStore } from "./memory/session-store.js";
import { MemoryValueStore } from "./memory/value-store.js";
import { connectRedis, isConnection, type RedisStorage } from "./redis/connection.js";
import { RedisEventLog } from "./redis/event-log.js";
import { RedisRateLimits } from "./redis/rate-limits.js";
import type { Report } from "./redis/report.js";
import { RedisSessionStore } from "./redis/session-store.js";
import { RedisValueStore } from "./redis/value-store.js";

/** The ports over one storage, and the hub that fans out its events in this process. */
export interface Storage {
  /** Names the storage within this process. */
  id: string;
  sessions: SessionStore;
  values: ValueStore;
  log: EventLog;
  rates: RateLimits;
  hub: EventHub;
  /** What seals secrets in this storage, for who opened it. */
  ring: KeyRing;
  close(): Promise<void>;
}

export interface StorageOptions {
  /** Seconds that unused sessions are kept. */
  sessionTtl: number;
  /** `kid:base64,…` or `none`; memory makes its own. */
  encryptionKeys?: string | undefined;
  /** How many replicas must have a write of credentials before it counts as done. */
  waitForReplicas?: number;
  logger: Logger;
}

type SharedStorage = Omit<Storage, "ring">;

interface Shared {
  storage: SharedStorage;
  users: number;
}

/**
 * This process's one `Storage` for a Redis or `"memory"`; whoever opens it first decides its life and
 * its logger, everybody its own keys. It is closed when everybody who opened it has closed it. Throws a `ConfigurationError` for encryption keys that are missing or wrong.
 */
export function openStorage(storage: RedisStorage, options: StorageOptions): Storage {
  // Two bundles that name the same Redis by its parts mean the same one.
  const key = typeof storage === "string" || isConnection(storage) ? storage : JSON.stringify(storage);
  const ring = storage === "memory" ? processWide("key ring", key, KeyRing.random) : openKeyRing(options);
  const shared = processWide<Shared>("storage", key, () => ({
    storage: storage === "memory" ? memoryStorage(options) : redisStorage(storage, options),
    users: 0,
  }));
  shared.users += 1;
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    shared.users -= 1;
    if (shared.users > 0) return;
    forgetProcessWide("storage", key);
    forgetProcessWide("key ring", key);
    await shared.storage.close();
  };
  return { ...shared.storage, ring, close };
}

function memoryStorage({ sessionTtl }: StorageOptions): SharedStorage {
  const values = new MemoryValueStore();
  const log = new MemoryEventLog();
  const sessions = new MemorySessionStore(values, log, sessionTtl);
  const close = async () => undefined;
  const rates = new MemoryRateLimits(values);
  return { id: randomUUID(), values, log, sessions, rates, hub: new EventHub(log), close };
}

function redisStorage(storage: RedisStorage, options: StorageOptions): SharedStorage {
  const { sessionTtl, waitForReplicas = 0, logger } = options;
  const log = createLog(logger);
  const report: Report = (problem, metadata = {}) => log("error", problem, { metadata });
  const connections = connectRedis(storage, { report, waitForReplicas });
  const events = new RedisEventLog(connections);
  return {
    id: randomUUID(),
    values: new RedisValueStore(connections),
    log: events,
    sessions: new RedisSessionStore(connections, sessionTtl),
    rates: new RedisRateLimits(connections),
    hub: new EventHub(events),
    close: async () => connections.close(),
  };
}

function openKeyRing({ encryptionKeys, logger }: StorageOptions): KeyRing {
  if (!encryptionKeys) {
    throw new ConfigurationError(
      'createMcp: "encryptionKeys" is missing, which Redis needs: sign-ins are sealed with them',
      makeKeys,
    );
  }
  const ring = KeyRing.parse(encryptionKeys);
  if (!ring.seals) {
    createLog(logger)("error", "encryptionKeys is none: whoever reads this Redis reads the tokens of all users");
  }
  return ring;
}
