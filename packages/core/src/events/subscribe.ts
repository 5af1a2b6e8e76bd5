import {
  beginning,
  compareEventIds,
  type EventId,
  isEventId,
  type LoggedEvent,
  type McpConnectionEvent,
  toConnectionEvent,
} from "@mcp-assistant/protocol";
import { LimitExceededError, processBusy } from "../errors.js";
import type { Limits } from "../limits.js";
import { runShared } from "../process-wide.js";
import type { ListReads } from "../rates/list-reads.js";
import type { Rates } from "../rates/rates.js";
import { connectionsOf } from "../session/connection-view.js";
import { eventBase } from "../session/move.js";
import type { SessionRecord } from "../session/session-record.js";
import type { ListedSessions } from "../session/session-store.js";
import type { Sessions } from "../session/sessions.js";
import type { ToolLists } from "../tools/tool-lists.js";
import type { EventHub } from "./event-hub.js";
import { EventIterator } from "./event-iterator.js";
import type { EventLog, LogEntry } from "./event-log.js";
import { mapIterator } from "./map-iterator.js";
import { pauseAfter } from "./pause-after.js";
import type { StreamedEvent } from "./streamed-event.js";

/** An event on its way to its reader. */
interface QueuedEvent {
  id: EventId;
  event: LoggedEvent | Extract<McpConnectionEvent, { type: "reset" }>;
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

export interface SubscribeDeps {
  sessions: Sessions;
  toolLists: ToolLists;
  eventLog: Pick<EventLog, "read">;
  hub: EventHub;
  rates: Pick<Rates, "take">;
  listReads: ListReads;
  limits: Pick<Limits, "streamsPerUser" | "streams">;
  watch?: StreamWatch | undefined;
}

/** Events that may wait for a slow reader before it gets a fresh snapshot instead. */
const maxQueuedEvents = 512;

/**
 * How often (ms) an open stream checks its user's records, besides at the end of every lease that it shows. Each pause
 * is between three quarters of this and all of it, so that streams that were opened together do not all check at once.
 */
const recheckIntervalMs = 60_000;

/**
 * The user's events, without gaps or repetitions. Without `lastEventId`, the first event is a `reset` with a snapshot.
 * With it, the first is the one that came after it, or a `reset` when the log no longer reaches back.
 *
 * An open stream also checks the records themselves: it ends leases that were not renewed, and reports sessions that
 * have vanished. Rejects with a `StoreUnavailableError`; once open, it waits for a store that is down. Rejects with a
 * {@link LimitExceededError} when the user, or this process, has too many streams open, and with `RATE_LIMITED` when
 * the user opens them too often, or has read too many bytes of lists and missed events.
 */
export async function subscribe(
  deps: SubscribeDeps,
  {
    userId,
    lastEventId,
    signal,
  }: { userId: string; lastEventId?: EventId | undefined; signal?: AbortSignal | undefined },
): Promise<AsyncIterableIterator<StreamedEvent, undefined>> {
  await deps.rates.take(userId, "streams");
  checkLimits(deps, userId);
  const stream = new EventStream(deps, userId, signal);
  try {
    await stream.open(isPlace(lastEventId) ? lastEventId : undefined);
  } catch (error) {
    stream.iterator.end();
    // A caller who has gone gets a stream that has ended.
    if (!signal?.aborted) throw error;
  }
  // Tool lists are filled in when an event is read, so that the queue of a slow reader stays small.
  return mapIterator(stream.iterator, {
    value: async ({ id, event }) => ({ id, event: await fillIn(deps, { userId, event, signal }) }),
  });
}

/** The beginning is no place to resume from: the log that began then may have expired. */
const isPlace = (id: EventId | undefined) => id !== undefined && id !== beginning && isEventId(id);

/** Even without its list, the event says that there is a new one, and the browser asks for it. */
async function fillIn(
  { toolLists, listReads }: SubscribeDeps,
  { userId, event, signal }: { userId: string; event: QueuedEvent["event"]; signal: AbortSignal | undefined },
): Promise<McpConnectionEvent> {
  if (event.type !== "tools_discovered") return toConnectionEvent(event);
  const { sessionId, hash } = event;
  const sized = () => toolLists.sized({ userId, sessionId }, hash, signal);
  const tools = await runShared(() => listReads.run(userId, sized, signal)).catch(() => undefined);
  return { ...event, tools: tools ?? [] };
}

function checkLimits({ hub, limits }: SubscribeDeps, userId: string): void {
  const { ofUser, inAll } = hub.count(userId);
  if (ofUser >= limits.streamsPerUser) {
    throw new LimitExceededError({
      message: `You have ${ofUser} event streams open, the most that this app allows`,
      hint: "Close pages of this app that you no longer need, then try again.",
      operatorHint: "Raise limits.streamsPerUser to allow more.",
      retryable: false,
    });
  }
  if (inAll >= limits.streams) {
    throw processBusy(
      `as many event streams are open as it allows: ${inAll}`,
      "Raise limits.streams, or run more processes.",
    );
  }
}

/** How long (ms) an entry may take from the log to a stream before it counts as missed. */
const overdueAfterMs = 1_000;

/** The events of one reader. Others' requests make it read, and none of their answers carries what it reads. */
class EventStream {
  readonly iterator: EventIterator<QueuedEvent>;
  readonly #deps: SubscribeDeps;
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

  constructor(deps: SubscribeDeps, userId: string, signal: AbortSignal | undefined) {
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
      reset: () => this.#step(() => this.#snapshot()),
      // Without this stream's signal, because it reads for the user's other streams as well.
      missed: (after) => this.#missed(after),
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

  #push(id: EventId, event: QueuedEvent["event"]): void {
    if (this.iterator.push({ id, event })) return;
    // The reader is too slow: one snapshot replaces everything until then.
    this.#position = undefined;
    this.#step(() => this.#look());
  }
}
