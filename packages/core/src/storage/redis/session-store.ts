import { beginning, type EventId, type LoggedEvent } from "@mcp-assistant/protocol";
import { z } from "zod";
import { logLength, logTtl } from "../../events/event-log.js";
import { serverIdOf, userTag } from "../../session/session-id.js";
import {
  encodeRecord,
  ownRecord,
  recordHead,
  type SessionRecord,
  type StoredRecord,
} from "../../session/session-record.js";
import type {
  Commit,
  Created,
  CreateOptions,
  ListedSessions,
  SessionStore,
  StoredSession,
} from "../../session/session-store.js";
import type { Keys } from "../../values/keys.js";
import type { RedisCommands } from "./commands.js";
import { commitSession } from "./lua/commit-session.js";
import { createSession } from "./lua/create-session.js";
import { readSessions } from "./lua/read-sessions.js";
import { removeSession } from "./lua/remove-session.js";
import { StoreClock } from "./store-clock.js";

const rowSchema = z.tuple([z.string(), z.unknown()]);
const idsSchema = z.array(z.string());
const readAnswer = z.tuple([z.string(), z.string()]).rest(z.union([z.string(), z.number(), z.null()]));
const commitAnswer = z.tuple([z.number(), z.string(), z.string()]);

const milliseconds = (seconds: string, microseconds: string) => Number(seconds) * 1_000 + Number(microseconds) / 1_000;

/** What is stored of one session. */
interface StoredTexts extends StoredRecord {
  credentials: string | undefined;
}

/** Sessions in Redis. `ttl` (s) is how long an unused one lives. */
export class RedisSessionStore implements SessionStore {
  readonly #commands: RedisCommands;
  readonly #keys: Keys;
  readonly #ttl: number;
  readonly #clock = new StoreClock();

  constructor({ commands, keys }: { commands: RedisCommands; keys: Keys }, ttl: number) {
    this.#commands = commands;
    this.#keys = keys;
    this.#ttl = ttl;
  }

  now(): number {
    return this.#clock.now();
  }

  async time(): Promise<number> {
    if (!this.#clock.known) {
      const [seconds, microseconds] = await this.#commands.ask((redis) => redis.time());
      this.#clock.set(milliseconds(String(seconds), String(microseconds)));
    }
    return this.now();
  }

  async create(
    record: SessionRecord,
    events: readonly LoggedEvent[],
    { limit, replacing = "", credentials = "" }: CreateOptions,
  ): Promise<Created> {
    const { userId, sessionId, serverId } = record;
    const keys = this.#keys;
    const answer = await this.#commands.run(
      createSession,
      [
        keys.session(sessionId),
        keys.userSessions(userId),
        keys.userServer(userId, serverId),
        keys.userEvents(userId),
        keys.credentials(sessionId),
      ],
      [sessionId, encodeRecord(record), this.#ttl, replacing, limit, credentials, ...this.#log(events)],
    );
    if (answer === 0) return { created: false, there: null };
    return typeof answer === "string" ? { created: false, there: answer } : { created: true };
  }

  async read(userId: string, sessionId: string): Promise<StoredSession | undefined> {
    // With Redis Cluster, another user's session lies in another slot, where a script cannot look at both.
    if (this.#keys.tagged && !sessionId.startsWith(userTag(userId))) return undefined;
    const { sessions, now } = await this.#read(userId, [sessionId]);
    const [stored] = sessions;
    const record = stored && ownRecord(userId, stored);
    if (!record) return undefined;
    if (!stored.named) await this.#name(userId, sessionId);
    return { record, credentials: stored.credentials, now };
  }

  async list(userId: string): Promise<ListedSessions> {
    const { tail, ids } = await this.#index(userId);
    const { sessions: stored, now } = await this.#read(userId, ids);
    const sessions: SessionRecord[] = [];
    const unreadable: string[] = [];
    for (const texts of stored) {
      try {
        const record = ownRecord(userId, texts);
        if (record) sessions.push(record);
      } catch {
        unreadable.push(texts.sessionId);
      }
    }
    return { sessions, unreadable, now, tail };
  }

  async commit({ previous, next, events, credentials, credentialsHead = "" }: Commit): Promise<boolean> {
    const mode = credentials === undefined ? "keep" : credentials === null ? "erase" : "set";
    const args = [
      recordHead(previous.v),
      encodeRecord(next),
      this.#ttl,
      next.sessionId,
      mode,
      credentials ?? "",
      credentialsHead,
      ...this.#log(events),
    ];
    const keys = this.#keysOf(next);
    // Credentials cannot be had again; any other change can.
    const answer = await (mode === "keep"
      ? this.#commands.run(commitSession, keys, args)
      : this.#commands.runDurably(commitSession, keys, args));
    const [done, seconds, microseconds] = commitAnswer.parse(answer);
    this.#clock.set(milliseconds(seconds, microseconds));
    return done === 1;
  }

  async remove(previous: SessionRecord, events: readonly LoggedEvent[]): Promise<boolean> {
    return this.#erase(recordHead(previous.v), previous, events);
  }

  async discard(userId: string, sessionId: string, events: readonly LoggedEvent[]): Promise<boolean> {
    if (this.#keys.tagged && !sessionId.startsWith(userTag(userId))) return false;
    return this.#erase("", { userId, sessionId, serverId: serverIdOf(sessionId) }, events);
  }

  async #erase(head: string, session: Owned, events: readonly LoggedEvent[]): Promise<boolean> {
    const args = [head, session.sessionId, ...this.#log(events)];
    return (await this.#commands.run(removeSession, this.#keysOf(session), args)) === 1;
  }

  /** The tail is read first: what is created later has an event behind it. */
  async #index(userId: string): Promise<{ tail: EventId; ids: string[] }> {
    const [rows, ids] = await this.#commands.ask(async (redis) => {
      const answers = await redis
        .pipeline()
        .xrevrange(this.#keys.userEvents(userId), "+", "-", "COUNT", 1)
        .smembers(this.#keys.userSessions(userId))
        .exec();
      return (answers ?? []).map(([error, answer]) => {
        if (error) throw error;
        return answer;
      });
    });
    return { tail: z.array(rowSchema).parse(rows)[0]?.[0] ?? beginning, ids: idsSchema.parse(ids) };
  }

  async #read(userId: string, sessionIds: string[]): Promise<{ sessions: StoredTexts[]; now: number }> {
    const keys = sessionIds.flatMap((id) => [
      this.#keys.session(id),
      this.#keys.credentials(id),
      this.#keys.userServer(userId, serverIdOf(id)),
    ]);
    const index = this.#keys.userSessions(userId);
    const [seconds, microseconds, ...answers] = readAnswer.parse(
      await this.#commands.run(readSessions, [index, ...keys], [this.#ttl * 1_000, ...sessionIds]),
    );
    const now = milliseconds(seconds, microseconds);
    this.#clock.set(now);
    const sessions = sessionIds.flatMap((sessionId, place) => {
      const [record, credentials, named] = answers.slice(place * 3);
      if (typeof record !== "string") return [];
      return [{ sessionId, record, credentials: credentials ? String(credentials) : undefined, named: named === 1 }];
    });
    return { now, sessions };
  }

  /** An index that was lost comes back as its sessions are used. */
  async #name(userId: string, sessionId: string): Promise<void> {
    const index = this.#keys.userSessions(userId);
    await this.#commands.ask((redis) => redis.pipeline().sadd(index, sessionId).expire(index, this.#ttl).exec());
  }

  #keysOf({ sessionId, userId, serverId }: Owned): string[] {
    const keys = this.#keys;
    return [
      keys.session(sessionId),
      keys.credentials(sessionId),
      keys.userSessions(userId),
      keys.userServer(userId, serverId),
      keys.userEvents(userId),
    ];
  }

  #log(events: readonly LoggedEvent[]): (string | number)[] {
    return [logLength, logTtl, this.#commands.publish, ...events.map((event) => JSON.stringify(event))];
  }
}

type Owned = Pick<SessionRecord, "userId" | "sessionId" | "serverId">;
