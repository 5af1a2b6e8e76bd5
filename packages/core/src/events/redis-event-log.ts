import { beginning, type EventId, type LoggedEvent, loggedEventSchema } from "@mcp-assistant/protocol";
import type { RedisConnections } from "../redis/connection.js";
import { ask } from "../redis/connection.js";
import { userEventsKey } from "../redis/keys.js";
import type { EventLog, LogEntry, LogListener } from "./event-log.js";

/** Event logs as Redis streams. One subscriber connection serves every listener of this process. */
export class RedisEventLog implements EventLog {
  readonly #connections: RedisConnections;
  readonly #listeners = new Map<string, Set<LogListener>>();
  #subscribed = false;

  constructor(connections: RedisConnections) {
    this.#connections = connections;
  }

  async read(userId: string, after: EventId): Promise<LogEntry[] | undefined> {
    if (after === beginning) return undefined;
    const rows = await ask(() => this.#connections.commands.xrange(userEventsKey(userId), after, "+"));
    const entries = rows.flatMap(([id, fields]) => parseEntry(id, fields[1], fields[3]) ?? []);
    const first = entries[0];
    if (!first) return undefined;
    if (first.id === after) return entries.slice(1);
    return first.previous === after ? entries : undefined;
  }

  async listen(userId: string, listener: LogListener): Promise<() => void> {
    const channel = userEventsKey(userId);
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    const stop = () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(channel) !== listeners) return;
      this.#listeners.delete(channel);
      this.#subscriber.unsubscribe(channel).catch(() => undefined);
    };
    try {
      await ask(() => withTimeout(this.#subscriber.subscribe(channel)));
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  }

  get #subscriber() {
    const subscriber = this.#connections.subscriber();
    if (!this.#subscribed) {
      this.#subscribed = true;
      subscriber.on("message", (channel: string, message: string) => this.#deliver(channel, message));
      let connectedBefore = false;
      subscriber.on("ready", () => {
        if (connectedBefore) this.#resubscribe();
        connectedBefore = true;
      });
    }
    return subscriber;
  }

  /** Only when the subscriptions stand again can a listener read what it missed, without a gap in between. */
  #resubscribe(): void {
    const channels = [...this.#listeners.keys()];
    if (channels.length === 0) return;
    this.#connections
      .subscriber()
      .subscribe(...channels)
      .then(() => {
        for (const channel of channels) {
          for (const listener of this.#listeners.get(channel) ?? []) listener.interrupted();
        }
      })
      // The connection went away once more: its next "ready" comes here again.
      .catch(() => undefined);
  }

  #deliver(channel: string, message: string): void {
    const [id, previous] = message.split(" ", 2);
    if (!id || !previous) return;
    const entry = parseEntry(id, previous, message.slice(id.length + previous.length + 2));
    if (!entry) return;
    for (const listener of this.#listeners.get(channel) ?? []) listener.entry(entry);
  }
}

function parseEntry(id: string, previous: string | undefined, text: string | undefined): LogEntry | undefined {
  if (!previous || !text) return undefined;
  const event = parseEvent(text);
  return event && { id, previous, event };
}

function parseEvent(text: string): LoggedEvent | undefined {
  try {
    return loggedEventSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** A subscriber connection has no command time-out of its own, because ioredis would end a listening one with it. */
function withTimeout<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("Redis did not answer in 1000 ms")), 1_000);
    promise.then(resolve, reject).finally(() => clearTimeout(late));
  });
}
