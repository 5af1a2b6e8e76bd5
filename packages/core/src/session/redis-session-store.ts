import { beginning, type EventId, type LoggedEvent } from "@mcp-assistant/protocol";
import type { Redis } from "ioredis";
import { z } from "zod";
import { StoreUnavailableError } from "../errors.js";
import { logLength, logTtl } from "../events/event-log.js";
import { ask } from "../redis/connection.js";
import { credentialsKey, sessionKey, userEventsKey, userServerKey, userSessionsKey } from "../redis/keys.js";
import { commitSession } from "../redis/lua/commit-session.js";
import { createSession } from "../redis/lua/create-session.js";
import { readSessions } from "../redis/lua/read-sessions.js";
import { removeSession } from "../redis/lua/remove-session.js";
import { run } from "../redis/script.js";
import { serverIdOf } from "./session-id.js";
import { decodeRecord, encodeRecord, recordHead, type SessionRecord } from "./session-record.js";
import type { Commit, Created, SessionStore, StoredSession } from "./session-store.js";
import { StoreClock } from "./store-clock.js";

const indexAnswer = z.tuple([
  z.tuple([z.null(), z.array(z.tuple([z.string(), z.unknown()]))]),
  z.tuple([z.null(), z.array(z.string())]),
]);
const readAnswer = z.tuple([z.string(), z.string()]).rest(z.string().nullable());
const commitAnswer = z.tuple([z.number(), z.string(), z.string()]);

const milliseconds = (seconds: string, microseconds: string) => Number(seconds) * 1_000 + Number(microseconds) / 1_000;

/** Sessions in Redis. `ttl` (s) is how long an unused one lives. */
export class RedisSessionStore implements SessionStore {
  readonly #redis: Redis;
  readonly #ttl: number;
  readonly #clock = new StoreClock();

  constructor(redis: Redis, ttl: number) {
    this.#redis = redis;
    this.#ttl = ttl;
  }

  now(): number {
    return this.#clock.now();
  }

  async time(): Promise<number> {
    if (!this.#clock.known) {
      const [seconds, microseconds] = await ask(() => this.#redis.time());
      this.#clock.set(milliseconds(String(seconds), String(microseconds)));
    }
    return this.now();
  }

  async create(record: SessionRecord, events: readonly LoggedEvent[], replacing = ""): Promise<Created> {
    const { userId, sessionId, serverId } = record;
    const there = await run(
      this.#redis,
      createSession,
      [sessionKey(sessionId), userSessionsKey(userId), userServerKey(userId, serverId), userEventsKey(userId)],
      [sessionId, encodeRecord(record), this.#ttl, replacing, ...this.#log(events)],
    );
    return typeof there === "string" ? { created: false, sessionId: there } : { created: true };
  }

  async read(userId: string, sessionId: string): Promise<StoredSession | undefined> {
    const { texts, now } = await this.#read(userId, [sessionId]);
    const [record, credentials] = texts;
    if (!record) return undefined;
    const decoded = decodeRecord(sessionId, record);
    return decoded.userId === userId ? { record: decoded, credentials: credentials ?? undefined, now } : undefined;
  }

  async list(userId: string) {
    const { tail, ids } = await this.#index(userId);
    const { texts, now } = await this.#read(userId, ids);
    const sessions: SessionRecord[] = [];
    const unreadable: string[] = [];
    for (const [index, sessionId] of ids.entries()) {
      const text = texts[index * 2];
      if (!text) continue;
      try {
        sessions.push(decodeRecord(sessionId, text));
      } catch {
        unreadable.push(sessionId);
      }
    }
    return { sessions: sessions.filter((session) => session.userId === userId), unreadable, now, tail };
  }

  async commit({ previous, next, events, credentials }: Commit): Promise<boolean> {
    const mode = credentials === undefined ? "keep" : credentials === null ? "erase" : "set";
    const [done, seconds, microseconds] = commitAnswer.parse(
      await run(this.#redis, commitSession, this.#keys(next), [
        recordHead(previous.v),
        encodeRecord(next),
        this.#ttl,
        next.sessionId,
        mode,
        credentials ?? "",
        ...this.#log(events),
      ]),
    );
    this.#clock.set(milliseconds(seconds, microseconds));
    return done === 1;
  }

  async remove(previous: SessionRecord, events: readonly LoggedEvent[]): Promise<boolean> {
    const args = [recordHead(previous.v), previous.sessionId, ...this.#log(events)];
    return (await run(this.#redis, removeSession, this.#keys(previous), args)) === 1;
  }

  /** The tail is read first: what is created later has an event behind it. */
  async #index(userId: string): Promise<{ tail: EventId; ids: string[] }> {
    const answers = await ask(() =>
      this.#redis
        .pipeline()
        .xrevrange(userEventsKey(userId), "+", "-", "COUNT", 1)
        .smembers(userSessionsKey(userId))
        .exec(),
    );
    const parsed = indexAnswer.safeParse(answers);
    if (!parsed.success) throw new StoreUnavailableError(answers?.find(([error]) => error)?.[0] ?? parsed.error);
    const [[, rows], [, ids]] = parsed.data;
    return { tail: rows[0]?.[0] ?? beginning, ids };
  }

  async #read(userId: string, sessionIds: string[]) {
    const keys = sessionIds.flatMap((id) => [
      sessionKey(id),
      credentialsKey(id),
      userServerKey(userId, serverIdOf(id)),
    ]);
    const [seconds, microseconds, ...texts] = readAnswer.parse(
      await run(this.#redis, readSessions, [userSessionsKey(userId), ...keys], [this.#ttl * 1_000, ...sessionIds]),
    );
    const now = milliseconds(seconds, microseconds);
    this.#clock.set(now);
    return { now, texts };
  }

  #keys({ sessionId, userId, serverId }: SessionRecord): string[] {
    return [
      sessionKey(sessionId),
      credentialsKey(sessionId),
      userSessionsKey(userId),
      userServerKey(userId, serverId),
      userEventsKey(userId),
    ];
  }

  #log(events: readonly LoggedEvent[]): (string | number)[] {
    return [logLength, logTtl, ...events.map((event) => JSON.stringify(event))];
  }
}
