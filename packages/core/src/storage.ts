import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { EventHub } from "./events/event-hub.js";
import type { EventLog } from "./events/event-log.js";
import { MemoryEventLog } from "./events/memory-event-log.js";
import { RedisEventLog } from "./events/redis-event-log.js";
import type { Logger } from "./logger.js";
import { forgetProcessWide, processWide } from "./process-wide.js";
import { connectRedis } from "./redis/connection.js";
import { MemorySessionStore } from "./session/memory-session-store.js";
import { RedisSessionStore } from "./session/redis-session-store.js";
import type { SessionStore } from "./session/session-store.js";
import { MemoryValueStore } from "./values/memory-value-store.js";
import { RedisValueStore } from "./values/redis-value-store.js";
import type { ValueStore } from "./values/value-store.js";

/** The three ports over one storage, and the hub that fans out its events in this process. */
export interface Storage {
  /** Names the storage within this process. */
  id: string;
  sessions: SessionStore;
  values: ValueStore;
  log: EventLog;
  hub: EventHub;
  close(): Promise<void>;
}

export interface StorageOptions {
  /** Seconds that unused sessions are kept. */
  sessionTtl: number;
  logger: Logger;
}

interface Shared {
  storage: Storage;
  users: number;
}

/**
 * This process's one `Storage` for a Redis URL, a Redis connection or `"memory"`; whoever opens it first decides its
 * options. It is closed when everybody who opened it has closed it.
 */
export function openStorage(storage: string | Redis, options: StorageOptions): Storage {
  const shared = processWide<Shared>("storage", storage, () => ({
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
    forgetProcessWide("storage", storage);
    await shared.storage.close();
  };
  return { ...shared.storage, close };
}

function memoryStorage({ sessionTtl }: StorageOptions): Storage {
  const values = new MemoryValueStore();
  const log = new MemoryEventLog();
  const sessions = new MemorySessionStore(values, log, sessionTtl);
  return { id: randomUUID(), values, log, sessions, hub: new EventHub(log), close: async () => undefined };
}

function redisStorage(storage: string | Redis, { sessionTtl, logger }: StorageOptions): Storage {
  const connections = connectRedis(storage, (error) => {
    const code = "code" in error ? String(error.code) : error.name;
    logger({ level: "error", message: `Redis cannot be reached (${code})`, at: new Date().toISOString() });
  });
  const log = new RedisEventLog(connections);
  return {
    id: randomUUID(),
    values: new RedisValueStore(connections.commands),
    log,
    sessions: new RedisSessionStore(connections.commands, sessionTtl),
    hub: new EventHub(log),
    close: async () => connections.close(),
  };
}
