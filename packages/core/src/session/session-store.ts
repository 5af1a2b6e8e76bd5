import type { EventId, LoggedEvent } from "@mcp-assistant/protocol";
import { eventText } from "./event-text.js";
import { serverIdOf } from "./session-id.js";
import { encodeRecord, ownRecord, recordHead, type SessionRecord } from "./session-record.js";
import { endsWith, namesOf, type Owned, type StoredTexts, storedOf } from "./session-values.js";
import type { Comparison, ReadRows, StorageCommit, StorageDriver } from "./storage-driver.js";
import { StoreClock } from "./store-clock.js";
import { noRoomForTools, type ToolListText } from "./tool-list-text.js";

/** A record as read, with the store's clock at that moment (ms since the epoch). */
export interface StoredSession extends StoredTexts {
  record: SessionRecord;
  now: number;
}

export interface Commit {
  /** The record as this writer last saw it. The commit is refused if the stored one has another version. */
  previous: SessionRecord;
  next: SessionRecord;
  /** Appended to the user's log in the same step, or not at all. */
  events: readonly LoggedEvent[];
  /** If absent, they stay as they are; `null` erases them. */
  credentials?: string | null;
  /**
   * What the stored credentials must begin with. Otherwise they have been written meanwhile, and the commit is refused.
   */
  credentialsHead?: string;
  /** If absent, it stays as it is; `null` erases it. */
  handshake?: string | null;
  /** If absent, the stored list of tools stays as it is. */
  toolList?: ToolListText;
}

/**
 * Why a session was not created: `there` is the one that the user has for this serverId; `limit`: the user has reached
 * the limit; `taken`: there is a session with this sessionId, perhaps another user's.
 */
export type Created =
  | { created: true }
  | { created: false; there: string }
  | { created: false; refused: "limit" | "taken" };

export interface CreateOptions {
  /** The maximum number of sessions that the user may have. */
  limit: number;
  /** The `there` of a first try, if there is no such session. */
  replacing?: string | undefined;
  /** Stored with the record. */
  credentials?: string | undefined;
}

export interface ListedSessions {
  sessions: SessionRecord[];
  /** IDs of sessions whose records this version cannot read. */
  unreadable: string[];
  now: number;
  /** The log's newest ID, read before the records. */
  tail: EventId;
  /** The size of the records' texts. */
  bytes: number;
}

/** For how many sessions to remember when their pointers were renewed. */
const maxRemembered = 10_000;

const textsOf = (events: readonly LoggedEvent[]) => events.map(eventText);

/**
 * The stored sessions. Every method is one atomic step: a state change, its index entry and its events become visible
 * together. Reads extend the life of everything that belongs to a session, so that it does not expire while it is used.
 *
 * Every method rejects with a `StoreUnavailableError` if the store does not answer.
 */
export class SessionStore {
  readonly #driver: StorageDriver;
  readonly #lifeMs: number;
  readonly #rows: ReadRows & { index: "session" };
  /** Lists show neither credentials nor handshakes, so they do not read them. */
  readonly #listedRows: ReadRows & { index: "session" };
  readonly #clock = new StoreClock();
  /** When (ms, the store's clock) the pointer of a session whose ID does not name its server was last renewed. */
  readonly #renewed = new Map<string, number>();

  /** `ttl` (s) is how long an unused session lives. */
  constructor(driver: StorageDriver, ttl: number) {
    this.#driver = driver;
    this.#lifeMs = ttl * 1_000;
    this.#rows = {
      row: (sessionId) => {
        const { session, credentials, handshake, server, tools } = namesOf({
          sessionId,
          serverId: serverIdOf(sessionId),
        });
        return { values: [session, credentials, handshake], beside: [server, tools] };
      },
      index: "session",
      lifeMs: this.#lifeMs,
    };
    this.#listedRows = {
      ...this.#rows,
      row: (sessionId) => {
        const { session, ...others } = namesOf({ sessionId, serverId: serverIdOf(sessionId) });
        return { values: [session], beside: Object.values(others) };
      },
    };
  }

  /** The store's clock, in ms since the epoch, estimated from its last answer. */
  now(): number {
    return this.#clock.now();
  }

  /** Like {@link now}, but asks the store if it has not answered anything yet. */
  async time(): Promise<number> {
    if (!this.#clock.known) this.#clock.set(await this.#driver.time());
    return this.now();
  }

  /** Stores a new session, unless the user already has one for its serverId or has reached the limit. */
  async create(record: SessionRecord, events: readonly LoggedEvent[], options: CreateOptions): Promise<Created> {
    const { limit, replacing, credentials } = options;
    const { userId, sessionId } = record;
    const names = namesOf(record);
    const lifeMs = this.#lifeMs;
    const answer = await this.#commit({
      partition: { user: userId },
      compare: [
        replacing === undefined ? { value: names.server, absent: true } : { value: names.server, equals: replacing },
        { index: "session", fewerThan: limit },
        { value: names.session, absent: true },
      ],
      set: [
        { value: names.session, text: encodeRecord(record), lifeMs },
        { value: names.server, text: sessionId, lifeMs },
        ...(credentials === undefined ? [] : [{ value: names.credentials, text: credentials, lifeMs }]),
      ],
      index: { kind: "session", add: [sessionId], remove: replacing === undefined ? [] : [replacing], lifeMs },
      events: textsOf(events),
    });
    if (answer.done) return { created: true };
    if (answer.failed > 0) return { created: false, refused: answer.failed === 1 ? "limit" : "taken" };
    // The entry to replace has expired meanwhile, too.
    if (answer.there === undefined) return this.create(record, events, { ...options, replacing: undefined });
    return { created: false, there: String(answer.there) };
  }

  /**
   * The user's session; `undefined` if there is none or it is another user's. Rejects with a `SessionUnreadableError`
   * if it is the user's and this version cannot read it.
   */
  async read(userId: string, sessionId: string): Promise<StoredSession | undefined> {
    const { rows, now } = await this.#driver.read({ partition: { user: userId }, ids: [sessionId], ...this.#rows });
    this.#clock.set(now);
    const stored = rows.map(storedOf)[0];
    const record = stored && ownRecord(userId, stored);
    if (!record) return undefined;
    if (!stored.named) await this.#name(record);
    await this.#keepPointer(record, now);
    return { record, credentials: stored.credentials, handshake: stored.handshake, now };
  }

  /** All of the user's sessions that still exist. Aborting `signal` gives up a read that still waits for its turn. */
  async list(userId: string, signal?: AbortSignal): Promise<ListedSessions> {
    const { rows, now, tail } = await this.#driver.list({ user: userId, ...this.#listedRows, signal });
    this.#clock.set(now);
    const sessions: SessionRecord[] = [];
    const unreadable: string[] = [];
    for (const row of rows) {
      try {
        const stored = storedOf(row);
        const record = stored && ownRecord(userId, stored);
        if (record) sessions.push(record);
      } catch {
        unreadable.push(row.id);
      }
    }
    await Promise.all(sessions.map((record) => this.#keepPointer(record, now)));
    const bytes = rows.reduce((sum, { texts: [text = ""] }) => sum + Buffer.byteLength(text), 0);
    return { sessions, unreadable, now, tail, bytes };
  }

  /**
   * False if another writer was faster or the session is gone; then nothing was written. Nothing is written either when
   * the user's lists of tools would take too many bytes together: rejects with `LIMIT_EXCEEDED`.
   */
  async commit({
    previous,
    next,
    events,
    credentials,
    credentialsHead,
    handshake,
    toolList,
  }: Commit): Promise<boolean> {
    const names = namesOf(next);
    const lifeMs = this.#lifeMs;
    const texts: Required<StorageCommit>["set"][number][] = [];
    if (typeof credentials === "string") texts.push({ value: names.credentials, text: credentials, lifeMs });
    if (typeof handshake === "string") texts.push({ value: names.handshake, text: handshake, lifeMs });
    const compare: Comparison[] = [{ value: names.session, head: recordHead(previous.v) }];
    if (credentialsHead) compare.push({ value: names.credentials, head: credentialsHead });
    const counted = compare.length;
    if (toolList) {
      const maxBytes = toolList.maxBytes - Buffer.byteLength(toolList.text);
      if (maxBytes < 0) throw noRoomForTools();
      compare.push({ index: "session", besides: names.tools, maxBytes });
      texts.push({ value: names.tools, text: toolList.text, lifeMs });
    }
    const answer = await this.#commit({
      partition: { user: next.userId },
      compare,
      set: [
        { value: names.session, text: encodeRecord(next), lifeMs },
        { value: names.server, text: next.sessionId, lifeMs },
        ...texts,
      ],
      touch: [
        ...(credentials === undefined ? [{ value: names.credentials, lifeMs }] : []),
        ...(handshake === undefined ? [{ value: names.handshake, lifeMs }] : []),
        ...(toolList ? [] : [{ value: names.tools, lifeMs }]),
      ],
      erase: [
        ...(credentials === null ? [{ value: names.credentials }] : []),
        ...(handshake === null ? [{ value: names.handshake }] : []),
      ],
      index: { kind: "session", add: [next.sessionId], lifeMs },
      events: textsOf(events),
      // Lost credentials cannot be obtained again; any other change can be repeated.
      durable: credentials !== undefined,
    });
    if (toolList && !answer.done && answer.failed === counted) throw noRoomForTools();
    return answer.done;
  }

  /** Erases the record, credentials, tools and index entries. False as for {@link commit}. */
  remove(previous: SessionRecord, events: readonly LoggedEvent[]): Promise<boolean> {
    return this.#erase(previous, [{ value: namesOf(previous).session, head: recordHead(previous.v) }], events);
  }

  /** Erases a session of the user whatever its record says, for one that is unreadable. False if there is none. */
  discard(userId: string, sessionId: string, events: readonly LoggedEvent[]): Promise<boolean> {
    const session = { userId, sessionId, serverId: serverIdOf(sessionId) };
    const compare = [{ value: namesOf(session).session, head: "" }, { index: "session", has: sessionId } as const];
    return this.#erase(session, compare, events);
  }

  async #erase(session: Owned, compare: Comparison[], events: readonly LoggedEvent[]): Promise<boolean> {
    const { userId, sessionId } = session;
    const names = namesOf(session);
    const { done } = await this.#commit({
      partition: { user: userId },
      compare,
      // Another session may have taken its place by now.
      erase: [...endsWith(session).map((value) => ({ value })), { value: names.server, holding: sessionId }],
      index: { kind: "session", remove: [sessionId], lifeMs: this.#lifeMs },
      events: textsOf(events),
    });
    return done;
  }

  /** Adds a session to its index again: a lost index comes back as its sessions are used. */
  async #name(record: SessionRecord): Promise<void> {
    const { userId, sessionId } = record;
    await this.#commit({
      partition: { user: userId },
      compare: [{ value: namesOf(record).session, head: "" }],
      index: { kind: "session", add: [sessionId], lifeMs: this.#lifeMs },
    });
  }

  /**
   * Makes the pointer of a session live as long as the session. Where the sessionId names the server, the read has done
   * so itself.
   */
  async #keepPointer(record: SessionRecord, now: number): Promise<void> {
    const { userId, sessionId, serverId } = record;
    if (serverIdOf(sessionId) === serverId) return;
    const { session, server } = namesOf(record);
    if (now - (this.#renewed.get(sessionId) ?? 0) < this.#lifeMs / 10) return;
    if (this.#renewed.size >= maxRemembered) this.#renewed.clear();
    this.#renewed.set(sessionId, now);
    await this.#commit({
      partition: { user: userId },
      compare: [{ value: session, head: "" }],
      touch: [{ value: server, lifeMs: this.#lifeMs }],
    });
  }

  async #commit(step: StorageCommit) {
    const answer = await this.#driver.commit(step);
    this.#clock.set(answer.now);
    return answer;
  }
}
