import {
  beginning,
  compareEventIds,
  type EventId,
  isEventId,
  type LoggedEvent,
  type McpConnectionEvent,
} from "@mcp-assistant/protocol";
import { LimitExceededError } from "../errors.js";
import type { Limits } from "../limits.js";
import type { Rates } from "../rates/rates.js";
import { connectionsOf } from "../session/connection-view.js";
import { eventBase } from "../session/move.js";
import type { SessionRecord } from "../session/session-record.js";
import type { Sessions } from "../session/sessions.js";
import type { ToolLists } from "../tools/tool-lists.js";
import type { EventHub } from "./event-hub.js";
import { EventIterator } from "./event-iterator.js";
import type { EventLog, LogEntry } from "./event-log.js";
import { mapIterator } from "./map-iterator.js";
import type { StreamedEvent } from "./streamed-event.js";

/** An event on its way to its reader. */
interface QueuedEvent {
  id: EventId;
  event: LoggedEvent | Extract<McpConnectionEvent, { type: "reset" }>;
}

export interface SubscribeDeps {
  sessions: Sessions;
  toolLists: ToolLists;
  eventLog: Pick<EventLog, "read">;
  hub: EventHub;
  rates: Pick<Rates, "take">;
  limits: Pick<Limits, "streamsPerUser" | "streams">;
}

/** Events that may wait for a slow reader before it gets a fresh snapshot instead. */
const maxQueuedEvents = 512;

/**
 * How often (ms) an open stream looks at its user's records, besides at the end of every lease that it shows: between
 * three quarters of it and all, so that streams that were opened together do not all look at once.
 */
const recheckIntervalMs = 60_000;

/**
 * The user's events, without gap or repetition. Without `lastEventId` the first one is a `reset` with a snapshot; with
 * one, what came after it, or a `reset` when the log no longer reaches back.
 *
 * An open stream also looks at the records themselves: it ends leases that nobody renewed, and tells of sessions that
 * have vanished. Rejects with a `StoreUnavailableError`; once open, it waits for a store that went away. Rejects with a
 * {@link LimitExceededError} when the user, or this process, has too many streams open, and with `RATE_LIMITED` when he
 * opens them too often.
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
    await stream.open(lastEventId && isEventId(lastEventId) ? lastEventId : undefined);
  } catch (error) {
    stream.iterator.end();
    throw error;
  }
  // Tool lists are filled in when they are read: what waits for a slow reader stays small.
  return mapIterator(stream.iterator, {
    value: async ({ id, event }) => ({ id, event: await fillIn(event, deps.toolLists) }),
  });
}

/** Without its list, an event still says that there is a new one: the browser asks for it. */
async function fillIn(event: QueuedEvent["event"], toolLists: ToolLists): Promise<McpConnectionEvent> {
  if (event.type !== "tools_discovered") return event;
  return { ...event, tools: (await toolLists.get(event.hash).catch(() => undefined)) ?? [] };
}

function checkLimits({ hub, limits }: SubscribeDeps, userId: string): void {
  const { ofUser, inAll } = hub.count(userId);
  if (ofUser >= limits.streamsPerUser) {
    throw new LimitExceededError({
      message: `You have ${ofUser} event streams open, which is the most that this app allows`,
      hint: "Close pages of this app that you no longer need, then try again.",
      retryable: false,
    });
  }
  if (inAll >= limits.streams) {
    throw new LimitExceededError({
      message: `This app has ${inAll} event streams open, which is the most for one process`,
      hint: "Try again in a moment.",
      retryable: true,
    });
  }
}

/** How long (ms) to wait before the records are read again from a store that did not answer. */
const storePauseMs = 1_000;

/** How long (ms) an entry may take from the log to a stream before it counts as missed. */
const overdueAfterMs = 1_000;

class EventStream {
  readonly iterator: EventIterator<QueuedEvent>;
  readonly #deps: SubscribeDeps;
  readonly #userId: string;
  readonly #shown = new Map<string, SessionRecord>();
  /** The last id that went out; undefined when the next thing must be a snapshot. */
  #position: EventId | undefined;
  #detach: () => void = () => undefined;
  #recheck: NodeJS.Timeout | undefined;
  #nextLook = Number.POSITIVE_INFINITY;
  /** An entry that the log had and this stream did not, when it last looked. */
  #overdue: EventId | undefined;
  /** Steps run one after the other, so that a snapshot and the entries behind it keep their order. */
  #steps: Promise<void> = Promise.resolve();

  constructor(deps: SubscribeDeps, userId: string, signal: AbortSignal | undefined) {
    this.#deps = deps;
    this.#userId = userId;
    this.iterator = new EventIterator<QueuedEvent>({
      limit: maxQueuedEvents,
      signal,
      onEnd: () => {
        clearTimeout(this.#recheck);
        this.#detach();
      },
    });
  }

  async open(lastEventId: EventId | undefined): Promise<void> {
    let start: () => void = () => undefined;
    this.#steps = new Promise((resolve) => {
      start = resolve;
    });
    // First listen, then read: what happens in between waits behind `start`.
    const detach = await this.#deps.hub.attach(this.#userId, {
      entry: (entry) => this.#step(() => this.#show(entry)),
      reset: () => this.#step(() => this.#snapshot()),
    });
    if (this.iterator.ended) return detach();
    this.#detach = detach;
    const missed = lastEventId === undefined ? undefined : await this.#deps.eventLog.read(this.#userId, lastEventId);
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
      } catch {
        // The store is away. The browser is told by its next request; the stream goes on from where it is.
        this.#lookAgainIn(storePauseMs);
      }
    });
  }

  async #snapshot(): Promise<void> {
    // Until it stands, nothing may go out behind it.
    this.#position = undefined;
    const listed = await this.#deps.sessions.list(this.#userId);
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
    // Without a position a snapshot is on its way, and will tell of this, too.
    if (this.#position === undefined || compareEventIds(id, this.#position) <= 0) return;
    this.#position = id;
    this.#push(id, event);
    if (event.type === "session_removed") this.#shown.delete(event.sessionId);
    else if (event.type === "state_changed" && event.connection.until) {
      this.#lookAgainIn(Date.parse(event.connection.until) - Date.parse(event.at));
    }
  }

  /** Reads the records: what has expired is committed there, and comes back as an event. */
  async #look(): Promise<void> {
    const position = this.#position;
    if (position === undefined) return this.#snapshot();
    const { sessions, unreadable, now, tail } = await this.#deps.sessions.list(this.#userId);
    // A log that has begun anew with lower ids, when a clock went back, would never be heard; one that expired is empty.
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

  #remember(sessions: SessionRecord[]): void {
    this.#shown.clear();
    for (const record of sessions) this.#shown.set(record.sessionId, record);
  }

  #lookAgain(now: number): void {
    const untils = [...this.#shown.values()].flatMap(({ work }) => work?.until ?? []);
    const regularly = recheckIntervalMs * (0.75 + Math.random() / 4);
    this.#lookAgainIn(Math.min(regularly, ...untils.map((until) => until - now)));
  }

  /** The earliest look that was asked for counts. A little late, so that the lease is over by then. */
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
    // Too slow a reader: one snapshot stands for everything until then.
    this.#position = undefined;
    this.#step(() => this.#look());
  }
}
