import { beginning, compareEventIds, type EventId, type LoggedEvent } from "@mcp-assistant/protocol";
import { type EventLog, type LogEntry, type LogListener, logLength, logTtl } from "../../events/event-log.js";

interface UserLog {
  entries: LogEntry[];
  listeners: Set<LogListener>;
  expiry: NodeJS.Timeout | undefined;
}

/** Event logs in this process, gone with it. */
export class MemoryEventLog implements EventLog {
  readonly #users = new Map<string, UserLog>();
  #last = { ms: 0, count: 0 };

  /** Called by the memory session store within the step that changes the session. */
  append(userId: string, events: readonly LoggedEvent[]): void {
    if (events.length === 0) return;
    const log = this.#of(userId);
    for (const event of events) {
      const entry = { id: this.#nextId(), previous: this.tail(userId), event };
      log.entries.push(entry);
      for (const listener of log.listeners) listener.entry(entry);
    }
    if (log.entries.length > logLength) log.entries.splice(0, log.entries.length - logLength);
    clearTimeout(log.expiry);
    log.expiry = setTimeout(() => this.#expire(userId), logTtl * 1_000).unref();
  }

  tail(userId: string): EventId {
    return this.#users.get(userId)?.entries.at(-1)?.id ?? beginning;
  }

  async read(userId: string, after: EventId): Promise<LogEntry[] | undefined> {
    const entries = this.#users.get(userId)?.entries ?? [];
    const reached = entries.some((entry) => entry.id === after || entry.previous === after);
    if (after === beginning || !reached) return undefined;
    return entries.filter((entry) => compareEventIds(entry.id, after) > 0);
  }

  async listen(userId: string, listener: LogListener): Promise<() => void> {
    const log = this.#of(userId);
    log.listeners.add(listener);
    return () => {
      log.listeners.delete(listener);
      this.#dropEmpty(userId);
    };
  }

  #of(userId: string): UserLog {
    const log = this.#users.get(userId) ?? { entries: [], listeners: new Set(), expiry: undefined };
    this.#users.set(userId, log);
    return log;
  }

  #expire(userId: string): void {
    const log = this.#users.get(userId);
    if (log) log.entries = [];
    this.#dropEmpty(userId);
  }

  #dropEmpty(userId: string): void {
    const log = this.#users.get(userId);
    if (log && log.entries.length === 0 && log.listeners.size === 0) this.#users.delete(userId);
  }

  #nextId(): EventId {
    const ms = Math.max(Date.now(), this.#last.ms);
    this.#last = { ms, count: ms === this.#last.ms ? this.#last.count + 1 : 0 };
    return `${ms}-${this.#last.count}`;
  }
}
