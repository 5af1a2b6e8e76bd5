import { Redis, type RedisOptions } from "ioredis";
import { StoreUnavailableError } from "../errors.js";

/** A dead Redis is said so within this time (ms), and asked again at most this often. */
const patience = 1_000;

const listening = {
  lazyConnect: true,
  connectTimeout: patience,
  // What waits for a connection is given up after a few attempts, so that an outage does not pile up commands.
  maxRetriesPerRequest: 3,
  retryStrategy: (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 5), patience),
  // Subscriptions are renewed by the event log, which must know when they stand again.
  autoResubscribe: false,
} satisfies RedisOptions;

const commanding = {
  ...listening,
  commandTimeout: patience,
  // A compare-and-set sent a second time would be refused for its own first success, and look like somebody else's.
  autoResendUnfulfilledCommands: false,
} satisfies RedisOptions;

export interface RedisConnections {
  commands: Redis;
  /** Made at the first call: a connection that listens can do nothing else. */
  subscriber(): Redis;
  /** Ends what was opened here; a connection that the host gave stays open. */
  close(): void;
}

/** `storage` is a redis:// or rediss:// URL, or the host's own connection, which the host closes. */
export function connectRedis(storage: string | Redis, report: (error: Error) => void): RedisConnections {
  const own = typeof storage === "string";
  const commands = typeof storage === "string" ? new Redis(storage, commanding) : storage;
  let subscriber: Redis | undefined;
  // Without a listener ioredis prints every failed attempt; one report is enough for an outage.
  const listenTo = (redis: Redis) => {
    let reported = false;
    redis.on("error", (error: Error) => {
      if (!reported) report(error);
      reported = true;
    });
    redis.on("ready", () => {
      reported = false;
    });
  };
  if (own) listenTo(commands);
  return {
    commands,
    subscriber: () => {
      if (!subscriber) {
        subscriber = typeof storage === "string" ? new Redis(storage, listening) : storage.duplicate(listening);
        listenTo(subscriber);
      }
      return subscriber;
    },
    close: () => {
      subscriber?.disconnect();
      if (own) commands.disconnect();
    },
  };
}

/** Runs a command; whatever goes wrong with Redis is a {@link StoreUnavailableError}. */
export async function ask<T>(command: () => Promise<T>): Promise<T> {
  try {
    return await command();
  } catch (cause) {
    throw new StoreUnavailableError(cause);
  }
}
