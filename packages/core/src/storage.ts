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

/** This process's one `Storage` for a Redis URL, a Redis connection or `"memory"`. */
export function openStorage(storage: string | Redis, options: StorageOptions): Storage {
  return processWide("storage", storage, () => {
    const id = randomUUID();
    const close = () => forgetProcessWide("storage", storage);
    return storage === "memory" ? memoryStorage(id, options, close) : redisStorage(id, storage, options, close);
  });
}

function memoryStorage(id: string, { sessionTtl }: StorageOptions, forget: () => void): Storage {
  const values = new MemoryValueStore();
  const log = new MemoryEventLog();
  const sessions = new MemorySessionStore(values, log, sessionTtl);
  return { id, values, log, sessions, hub: new EventHub(log), close: async () => forget() };
}

function redisStorage(id: string, storage: string | Redis, options: StorageOptions, forget: () => void): Storage {
  const { sessionTtl, logger } = options;
  const connections = connectRedis(storage, ({ name }) =>
    logger({ level: "error", message: `Redis: ${name}`, at: new Date().toISOString() }),
  );
  const log = new RedisEventLog(connections);
  return {
    id,
    values: new RedisValueStore(connections.commands),
    log,
    sessions: new RedisSessionStore(connections.commands, sessionTtl),
    hub: new EventHub(log),
    close: async () => {
      forget();
      connections.close();
    },
  };
}
