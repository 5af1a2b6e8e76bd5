import { beginning, type EventId, isEventId, type LoggedEvent, loggedEventSchema } from "@mcp-assistant/protocol";
import type { EventLog, LogEntry, LogListener } from "../../events/event-log.js";
import type { RedisConnections } from "./connection.js";
import type { RedisSubscriber } from "./subscriber.js";

/** Event logs as Redis streams. One subscriber connection (to each master) serves every listener of this process. */
export class RedisEventLog implements EventLog {
  readonly #connections: RedisConnections;
  readonly #listeners = new Map<string, Set<LogListener>>();

  constructor(connections: RedisConnections) {
    this.#connections = connections;
  }

  async read(userId: string, after: EventId): Promise<LogEntry[] | undefined> {
    if (after === beginning) return undefined;
    const { commands, keys } = this.#connections;
    const rows = await commands.ask((redis) => redis.xrange(keys.userEvents(userId), after, "+"));
    const entries = rows.flatMap(([id, fields]) => parseEntry(id, fields[1], fields[3]) ?? []);
    const first = entries[0];
    if (!first) return undefined;
    if (first.id === after) return entries.slice(1);
    return first.previous === after ? entries : undefined;
  }

  async listen(userId: string, listener: LogListener): Promise<() => void> {
    const { commands, keys } = this.#connections;
    const channel = keys.userEvents(userId);
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    const stop = () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(channel) !== listeners) return;
      this.#listeners.delete(channel);
      this.#subscriber.unsubscribe(channel);
    };
    try {
      await commands.ask(() => this.#subscriber.subscribe(channel));
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  }

  get #subscriber(): RedisSubscriber {
    return this.#connections.subscriber({
      message: (channel, text) => this.#deliver(channel, text),
      restored: (channels) => {
        for (const channel of channels)
          for (const listener of this.#listeners.get(channel) ?? []) listener.interrupted();
      },
    });
  }

  #deliver(channel: string, message: string): void {
    const [id, previous] = message.split(" ", 2);
    if (!id || !previous) return;
    const entry = parseEntry(id, previous, message.slice(id.length + previous.length + 2));
    if (!entry) return;
    for (const listener of this.#listeners.get(channel) ?? []) listener.entry(entry);
  }
}

/** Nothing for what is none: anybody who may publish to Redis can say anything on a channel. */
function parseEntry(id: string, previous: string | undefined, text: string | undefined): LogEntry | undefined {
  if (!previous || !text || !isEventId(id) || !isEventId(previous)) return undefined;
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
