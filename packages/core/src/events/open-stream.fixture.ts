import { randomUUID } from "node:crypto";
import { resolveLimits } from "../limits.js";
import { resolveOptions } from "../options/resolve-options.js";
import { ListReads } from "../rates/list-reads.js";
import { Rates } from "../rates/rates.js";
import { authUrl, progress, someRecord } from "../samples.fixture.js";
import { SessionStore } from "../session/session-store.js";
import { Sessions } from "../session/sessions.js";
import { MemoryDriver } from "../storage/memory/driver.js";
import { ToolLists } from "../tools/tool-lists.js";
import { EventHub } from "./event-hub.js";
import { EventLog, type LogEntry } from "./event-log.js";
import type { StreamedEvent } from "./streamed-event.js";
import type { SubscribeDeps } from "./subscribe.js";

type Stream = AsyncIterableIterator<StreamedEvent, undefined>;

/** Everything that a stream needs, in memory. `ttl` is in seconds. */
export function open(ttl = 60, limits: Partial<SubscribeDeps["limits"]> = {}) {
  const driver = new MemoryDriver();
  const log = new EventLog(driver);
  const store = new SessionStore(driver, ttl);
  const sessions = new Sessions({ store, authUrl, limit: 50 });
  return {
    driver,
    eventLog: log,
    store,
    sessions,
    toolLists: new ToolLists(driver, { ttl: 60, limits: resolveLimits() }),
    hub: new EventHub(log),
    rates: new Rates(driver, resolveOptions({}).limits),
    listReads: new ListReads(randomUUID(), resolveOptions({}).limits),
    limits: { streamsPerUser: 10, streams: 100, ...limits },
  };
}

export async function next(stream: Stream): Promise<StreamedEvent> {
  const { value } = await stream.next();
  if (!value) throw new Error("The stream has ended");
  return value;
}

/** A short text for the next event: its message, or its type and state. */
export async function nextSummary(stream: Stream) {
  const { event } = await next(stream);
  if (event.type === "progress") return event.message;
  if (event.type === "state_changed") return `${event.type} ${event.state}`;
  return event.type;
}

export async function someSession(parts: ReturnType<typeof open>, record = someRecord()) {
  await parts.sessions.create(record);
  return record;
}

/** Appends messages to the user's log without changing a session. */
export const say = (parts: ReturnType<typeof open>, userId: string, ...messages: string[]) => {
  const record = someRecord({ userId });
  const events = messages.map((message) => JSON.stringify(progress(record, message)));
  return parts.driver.commit({ partition: { user: userId }, events });
};

export interface Wire {
  pass(entry: LogEntry, on: (entry: LogEntry) => void): void;
  interrupt(): void;
}

/** Routes the log's announcements through the test, which may drop or delay them. */
export function withWire({ eventLog: log }: ReturnType<typeof open>): Wire {
  const wire: Wire = { pass: (entry, on) => on(entry), interrupt: () => undefined };
  const listen = log.listen.bind(log);
  log.listen = (userId, listener) => {
    wire.interrupt = () => listener.interrupted();
    const on = (entry: LogEntry) => listener.entry(entry);
    return listen(userId, { ...listener, entry: (entry) => wire.pass(entry, on) });
  };
  return wire;
}
