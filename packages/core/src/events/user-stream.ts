import {
  beginning,
  compareEventIds,
  type EventId,
  type LoggedEvent,
  type McpConnectionEvent,
  type PassingEvent,
} from "@mcp-assistant/protocol";
import { runShared } from "../process-wide.js";
import type { ListReads } from "../rates/list-reads.js";
import { connectionsOf } from "../session/connection-view.js";
import { eventBase } from "../session/move.js";
import type { SessionRecord } from "../session/session-record.js";
import type { ListedSessions } from "../session/session-store.js";
import type { Sessions } from "../session/sessions.js";
import type { EventHub } from "./event-hub.js";
import { EventIterator } from "./event-iterator.js";
import type { EventLog, LogEntry } from "./event-log.js";
import { PassingEvents, type PassingPlace } from "./passing-events.js";
import { pauseAfter } from "./pause-after.js";

/** An event that tells what is stored. */
export type StoredEvent = LoggedEvent | Extract<McpConnectionEvent, { type: "reset" }>;

/** An event on its way to its reader. */
interface QueuedEvent {
  id: EventId;
  event: StoredEvent | PassingPlace;
}

/** Gets to know which connections the open streams of users show. None of its methods waits or throws. */
export interface StreamWatch {
  /** A stream of the user has opened in this process. */
  opened(userId: string): WatchedStream;
}

export interface WatchedStream {
  /** All connections of the user, from time to time. */
  shown(records: readonly SessionRecord[]): void;
  /** Something has happened to a connection. */
  changed(event: LoggedEvent): void;
  ended(): void;
}

export interface UserStreamDeps {
  sessions: Sessions;
  eventLog: Pick<EventLog, "read">;
  hub: EventHub;
  listReads: ListReads;
  watch?: StreamWatch | undefined;
}

/** Events that may wait for a slow reader before it gets a fresh snapshot instead. */
const maxQueuedEvents = 512;

/**
 * How often (ms) an open stream checks its user's records, besides at the end of every lease that it shows. Each pause
 * is between three quarters of this and all of it, so that streams that were opened together do not all check at once.
 */
const recheckIntervalMs = 60_000;

/** How long (ms) an entry may take from the log to a stream before it counts as missed. */
const overdueAfterMs = 1_000;

/** The events of one reader. Others' requests make it read, and none of their answers carries what it reads. */
export class UserStream {
  readonly iterator: EventIterator<QueuedEvent>;
  readonly passing = new PassingEvents();
  readonly #deps: UserStreamDeps;
  readonly #userId: string;
  readonly #signal: AbortSignal | undefined;
  readonly #shown = new Map<string, SessionRecord>();
  /** The last id that was delivered; undefined when a snapshot must come next. */
  #position: EventId | undefined;
  #detach: () => void = () => undefined;
  #watched: WatchedStream | undefined;
  #recheck: NodeJS.Timeout | undefined;
  #nextLook = Number.POSITIVE_INFINITY;
  /** An entry that was in the log but not yet on this stream at the last check. */
  #overdue: EventId | undefined;
  /** Steps run one after the other, so that a snapshot and the entries after it keep their order. */
  #steps: Promise<void> = Promise.resolve();

  constructor(deps: UserStreamDeps, userId: string, signal: AbortSignal | undefined) {
    this.#deps = deps;
    this.#userId = userId;
    this.#signal = signal;
    this.iterator = new EventIterator<QueuedEvent>({
      limit: maxQueuedEvents,
      signal,
      onEnd: () => {
        clearTimeout(this.#recheck);
        this.#watched?.ended();
        this.#detach();
      },
    });
  }

  async open(lastEventId: EventId | undefined): Promise<void> {
    let start: () => void = () => undefined;
    this.#steps = new Promise((resolve) => {
      start = resolve;
    });
    // First listen, then read: entries that arrive in between wait for `start`.
    const detach = await this.#deps.hub.attach(this.#userId, {
      entry: (entry) => this.#step(() => this.#show(entry)),
      passing: (event) => this.#pass(event),
      reset: () => this.#step(() => this.#snapshot()),
      // Without this stream's signal, because it reads for the user's other streams as well.
      missed: (after) => this.#missed(after),
      end: () => this.iterator.end(),
    });
    if (this.iterator.ended) return detach();
    this.#detach = detach;
    this.#watched = this.#deps.watch?.opened(this.#userId);
    const missed = lastEventId === undefined ? undefined : await this.#missed(lastEventId, this.#signal);
    if (missed && lastEventId) {
      this.#position = lastEventId;
      for (const entry of missed) this.#show(entry);
      this.#deps.hub.begin(this.#userId, this.#position);
      await this.#look();
    } else {
      await this.#snapshot();
    }
    start();
  }

  #step(step: () => void | Promise<void>): void {
    this.#steps = this.#steps.then(async () => {
      if (this.iterator.ended) return;
      try {
        await step();
      } catch (error) {
        // The browser learns the reason from its next request; the stream continues from where it is.
        this.#lookAgainIn(pauseAfter(error));
      }
    });
  }

  async #snapshot(): Promise<void> {
    // Until the snapshot is made, no entry may be delivered.
    this.#position = undefined;
    const listed = await this.#list();
    const { sessions, now, tail } = listed;
    this.#remember(sessions);
    this.#position = tail;
    this.#deps.hub.begin(this.#userId, tail);
    this.#overdue = undefined;
    this.iterator.clear();
    this.passing.clear();
    const connections = connectionsOf(listed, this.#deps.sessions.authUrl);
    this.#push(tail, { type: "reset", at: new Date(now).toISOString(), connections });
    this.#lookAgain(now);
  }

  #show({ id, event }: LogEntry): void {
    // Without a position, a snapshot is on its way that will include this.
    if (this.#position === undefined || compareEventIds(id, this.#position) <= 0) return;
    this.#position = id;
    this.#push(id, event);
    this.#watched?.changed(event);
    if (event.type === "session_removed") this.#shown.delete(event.sessionId);
    else if (event.type === "state_changed" && event.connection.until) {
      this.#lookAgainIn(Date.parse(event.connection.until) - Date.parse(event.at));
    }
  }

  /** Reads the records. That also commits what has expired, which then arrives as an event. */
  async #look(): Promise<void> {
    const position = this.#position;
    if (position === undefined) return this.#snapshot();
    const { sessions, unreadable, now, tail } = await this.#list();
    // After a clock step back, a log may restart with lower ids, which would never be shown. An expired log is empty.
    if (tail !== beginning && compareEventIds(tail, position) < 0) return this.#snapshot();
    if (this.#overdue !== undefined && compareEventIds(position, this.#overdue) < 0) return this.#snapshot();
    this.#overdue = compareEventIds(tail, position) > 0 ? tail : undefined;
    const present = new Set([...sessions.map(({ sessionId }) => sessionId), ...unreadable]);
    for (const record of this.#shown.values()) {
      if (present.has(record.sessionId)) continue;
      this.#push(position, { type: "session_removed", ...eventBase({ ...record, v: record.v + 1 }, now) });
    }
    this.#remember(sessions);
    this.#lookAgain(now);
    if (this.#overdue !== undefined) this.#lookAgainIn(overdueAfterMs);
  }

  #list(): Promise<ListedSessions> {
    const { sessions, listReads } = this.#deps;
    return runShared(() => listReads.connections(sessions, this.#userId, this.#signal));
  }

  #missed(after: EventId, signal?: AbortSignal): Promise<LogEntry[] | undefined> {
    const { eventLog, listReads } = this.#deps;
    const read = () => eventLog.read(this.#userId, after, { signal });
    return runShared(() => listReads.run(this.#userId, read, signal));
  }

  #remember(sessions: SessionRecord[]): void {
    this.#shown.clear();
    for (const record of sessions) this.#shown.set(record.sessionId, record);
    this.#watched?.shown(sessions);
  }

  #lookAgain(now: number): void {
    const untils = [...this.#shown.values()].flatMap(({ work }) => work?.until ?? []);
    const regularly = recheckIntervalMs * (0.75 + Math.random() / 4);
    this.#lookAgainIn(Math.min(regularly, ...untils.map((until) => until - now)));
  }

  /** Only the earliest requested check is made. It is a little late, so that the lease is over by then. */
  #lookAgainIn(ms: number): void {
    const at = performance.now() + Math.max(ms, 0) + 50;
    if (this.iterator.ended || at >= this.#nextLook) return;
    clearTimeout(this.#recheck);
    this.#nextLook = at;
    this.#recheck = setTimeout(() => {
      this.#nextLook = Number.POSITIVE_INFINITY;
      this.#step(() => this.#look());
    }, at - performance.now()).unref();
  }

  /** Such an event is dropped where there is no room for it, and while a snapshot is made. */
  #pass(event: PassingEvent): void {
    const id = this.#position;
    const place = id === undefined ? undefined : this.passing.put(event);
    if (id !== undefined && place && !this.iterator.push({ id, event: place })) this.passing.take(place);
  }

  #push(id: EventId, event: StoredEvent): void {
    if (this.iterator.push({ id, event })) return;
    // The reader is too slow: one snapshot replaces everything until then.
    this.#position = undefined;
    this.#step(() => this.#look());
  }
}
