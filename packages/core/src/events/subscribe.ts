import {
  compareEventIds,
  type EventId,
  isEventId,
  type LoggedEvent,
  type McpConnectionEvent,
} from "@mcp-assistant/protocol";
import type { ToolLists } from "../client/tool-lists.js";
import { toConnection } from "../session/connection-view.js";
import { eventBase } from "../session/move.js";
import type { SessionRecord } from "../session/session-record.js";
import type { Sessions } from "../session/sessions.js";
import type { EventHub } from "./event-hub.js";
import { EventIterator } from "./event-iterator.js";
import type { EventLog, LogEntry } from "./event-log.js";

export interface StreamedEvent {
  /** The place in the log from which to resume. */
  id: EventId;
  event: McpConnectionEvent;
}

export interface SubscribeDeps {
  sessions: Sessions;
  toolLists: ToolLists;
  log: EventLog;
  hub: EventHub;
}

/** Events that may wait for a slow reader before it gets a fresh snapshot instead. */
const queueLimit = 512;

/** How often (ms) an open stream looks at its user's records, besides at the end of every lease that it shows. */
const recheckInterval = 60_000;

/**
 * The user's events, without gap or repetition. Without `lastEventId` the first one is a `reset` with a snapshot; with
 * one, what came after it, or a `reset` when the log no longer reaches back.
 *
 * An open stream also looks at the records themselves: it ends leases that nobody renewed, and tells of sessions that
 * have vanished. Rejects with a `StoreUnavailableError`; once open, it waits for a store that went away.
 */
export async function subscribe(
  deps: SubscribeDeps,
  {
    userId,
    lastEventId,
    signal,
  }: { userId: string; lastEventId?: EventId | undefined; signal?: AbortSignal | undefined },
): Promise<AsyncIterableIterator<StreamedEvent, undefined>> {
  const stream = new EventStream(deps, userId, signal);
  try {
    await stream.open(lastEventId && isEventId(lastEventId) ? lastEventId : undefined);
  } catch (error) {
    stream.iterator.end();
    throw error;
  }
  return stream.iterator;
}

class EventStream {
  readonly iterator: EventIterator<StreamedEvent>;
  readonly #deps: SubscribeDeps;
  readonly #userId: string;
  readonly #shown = new Map<string, SessionRecord>();
  /** The last id that went out; undefined when the next thing must be a snapshot. */
  #position: EventId | undefined;
  #detach: () => void = () => undefined;
  #recheck: NodeJS.Timeout | undefined;
  #nextLook = Number.POSITIVE_INFINITY;
  /** Steps run one after the other, so that a snapshot and the entries behind it keep their order. */
  #steps: Promise<void> = Promise.resolve();

  constructor(deps: SubscribeDeps, userId: string, signal: AbortSignal | undefined) {
    this.#deps = deps;
    this.#userId = userId;
    this.iterator = new EventIterator<StreamedEvent>({
      limit: queueLimit,
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
    const missed = lastEventId === undefined ? undefined : await this.#deps.log.read(this.#userId, lastEventId);
    if (missed && lastEventId) {
      this.#position = lastEventId;
      for (const entry of missed) await this.#show(entry);
      await this.#look();
    } else {
      await this.#snapshot();
    }
    start();
  }

  #step(step: () => Promise<void>): void {
    this.#steps = this.#steps.then(async () => {
      if (this.iterator.ended) return;
      try {
        await step();
      } catch {
        // The store is away. The browser is told by its next request; the stream goes on with a snapshot.
        this.#position = undefined;
        this.#lookAgainIn(1_000);
      }
    });
  }

  async #snapshot(): Promise<void> {
    const { sessions, now, tail } = await this.#deps.sessions.list(this.#userId);
    this.#remember(sessions);
    this.#position = tail;
    this.iterator.clear();
    const connections = sessions.map((record) => toConnection(record, this.#deps.sessions.authUrl));
    this.#push(tail, { type: "reset", at: new Date(now).toISOString(), connections });
    this.#lookAgain(now);
  }

  async #show({ id, event }: LogEntry): Promise<void> {
    // Without a position a snapshot is on its way, and will tell of this, too.
    if (this.#position === undefined || compareEventIds(id, this.#position) <= 0) return;
    this.#position = id;
    this.#push(id, await this.#fillIn(event));
    if (event.type === "session_removed") this.#shown.delete(event.sessionId);
    else if (event.type === "state_changed" && event.connection.until) {
      this.#lookAgainIn(Date.parse(event.connection.until) - Date.parse(event.at));
    }
  }

  async #fillIn(event: LoggedEvent): Promise<McpConnectionEvent> {
    if (event.type !== "tools_discovered") return event;
    return { ...event, tools: (await this.#deps.toolLists.get(event.hash)) ?? [] };
  }

  /** Reads the records: what has expired is committed there, and comes back as an event. */
  async #look(): Promise<void> {
    const position = this.#position;
    if (position === undefined) return this.#snapshot();
    const { sessions, unreadable, now } = await this.#deps.sessions.list(this.#userId);
    const present = new Set([...sessions.map(({ sessionId }) => sessionId), ...unreadable]);
    for (const record of this.#shown.values()) {
      if (present.has(record.sessionId)) continue;
      this.#push(position, { type: "session_removed", ...eventBase({ ...record, v: record.v + 1 }, now) });
    }
    this.#remember(sessions);
    this.#lookAgain(now);
  }

  #remember(sessions: SessionRecord[]): void {
    this.#shown.clear();
    for (const record of sessions) this.#shown.set(record.sessionId, record);
  }

  #lookAgain(now: number): void {
    const untils = [...this.#shown.values()].flatMap(({ work }) => work?.until ?? []);
    this.#lookAgainIn(Math.min(recheckInterval, ...untils.map((until) => until - now)));
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

  #push(id: EventId, event: McpConnectionEvent): void {
    if (this.iterator.push({ id, event })) return;
    // Too slow a reader: one snapshot stands for everything until then.
    this.#position = undefined;
    this.#step(() => this.#look());
  }
}
