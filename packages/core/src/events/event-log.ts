import {
  beginning,
  type EventId,
  isEventId,
  type LoggedEvent,
  loggedEventSchema,
  type PassingEvent,
  passingEventSchema,
} from "@mcp-assistant/protocol";
import { parseJson } from "../parse-json.js";
import { type Abortable, type LogRow, maxReplayBytes, type StorageDriver } from "../session/storage-driver.js";

/** An entry of a user's log. `previous` is the id of the entry before it, so a reader can tell when one is missing. */
export interface LogEntry {
  id: EventId;
  previous: EventId;
  event: LoggedEvent;
}

export interface ReadEntries {
  value: LogEntry[] | undefined;
  /** How many bytes were read. */
  bytes: number;
}

export interface LogListener {
  /** An entry has just been appended. */
  entry(entry: LogEntry): void;
  /** An event that is in no log. */
  passing?(event: PassingEvent): void;
  /** Entries may have been missed: the connection to the store was lost and is back. */
  interrupted(): void;
}

/**
 * The durable log of what happened to each user's connections. Entries are appended in the same step as the change that
 * they describe.
 *
 * Its methods reject with a `StoreUnavailableError` when the store does not answer.
 */
export class EventLog {
  readonly #driver: Pick<StorageDriver, "readLog" | "subscribe" | "publish">;

  constructor(driver: Pick<StorageDriver, "readLog" | "subscribe" | "publish">) {
    this.#driver = driver;
  }

  /**
   * All entries after `after`; `undefined` when the log no longer reaches back to it, or they are too large together.
   * After {@link beginning}, these are all entries of a log that has lost none. Rejects with the reason of `signal`
   * once that has aborted.
   */
  async read(userId: string, after: EventId, options?: Abortable): Promise<ReadEntries> {
    const rows = await this.#driver.readLog(userId, after, options);
    const bytes = rows?.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) ?? maxReplayBytes;
    const isTooLarge = !rows || bytes > maxReplayBytes;
    return { value: isTooLarge ? undefined : entriesAfter(after, rows), bytes };
  }

  /** Delivers the user's entries from the moment it resolves, until the returned function is called. */
  listen(userId: string, listener: LogListener): Promise<() => void> {
    return this.#driver.subscribe(userId, {
      row: (row) => {
        const entry = entryIn(row);
        if (entry) listener.entry(entry);
      },
      published: (text) => {
        const { success, data } = passingEventSchema.safeParse(parseJson(text));
        if (success) listener.passing?.(data);
      },
      interrupted: () => listener.interrupted(),
    });
  }

  /** Tells the user's listeners of an event that is not appended. It may be lost. */
  async publish(userId: string, event: PassingEvent): Promise<void> {
    await this.#driver.publish(userId, JSON.stringify(event));
  }
}

function entriesAfter(after: EventId, rows: readonly LogRow[]): LogEntry[] | undefined {
  const entries = rows.flatMap((row) => entryIn(row) ?? []);
  const first = entries[0];
  if (!first) return after === beginning ? [] : undefined;
  if (first.id === after) return entries.slice(1);
  return first.previous === after ? entries : undefined;
}

/** Undefined for a malformed entry: any client of the store can write to a log. */
function entryIn({ id, previous, text }: LogRow): LogEntry | undefined {
  if (!isEventId(id) || !isEventId(previous)) return undefined;
  const { success, data } = loggedEventSchema.safeParse(parseJson(text));
  return success ? { id, previous, event: data } : undefined;
}
