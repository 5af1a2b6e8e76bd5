import type { LoggedEvent } from "@mcp-assistant/protocol";
import { serverIdOf } from "../../session/session-id.js";
import { encodeRecord, ownRecord, recordHead, type SessionRecord } from "../../session/session-record.js";
import type {
  Commit,
  Created,
  CreateOptions,
  ListedSessions,
  SessionStore,
  StoredSession,
} from "../../session/session-store.js";
import type { MemoryEventLog } from "./event-log.js";
import type { MemoryValueStore } from "./value-store.js";

/** Sessions in this process, gone with it. They are kept as text under the same keys, so that nothing is shared by reference. */
export class MemorySessionStore implements SessionStore {
  readonly #values: MemoryValueStore;
  readonly #log: MemoryEventLog;
  readonly #ttl: number;
  readonly #index = new Map<string, Set<string>>();

  constructor(values: MemoryValueStore, log: MemoryEventLog, ttl: number) {
    this.#values = values;
    this.#log = log;
    this.#ttl = ttl;
  }

  now(): number {
    return Date.now();
  }

  async time(): Promise<number> {
    return this.now();
  }

  async create(
    record: SessionRecord,
    events: readonly LoggedEvent[],
    { limit, replacing, credentials }: CreateOptions,
  ): Promise<Created> {
    const { keys } = this.#values;
    const there = this.#values.peek(keys.userServer(record.userId, record.serverId));
    if (there && there !== replacing) return { created: false, there };
    if (replacing) this.#forget(record.userId, replacing);
    if ((this.#index.get(record.userId)?.size ?? 0) >= limit) return { created: false, there: null };
    this.#write(record);
    if (credentials !== undefined) this.#values.put(keys.credentials(record.sessionId), credentials, this.#ttl);
    this.#log.append(record.userId, events);
    return { created: true };
  }

  async read(userId: string, sessionId: string): Promise<StoredSession | undefined> {
    const text = this.#values.peek(this.#values.keys.session(sessionId));
    if (!text) return undefined;
    const named = this.#index.get(userId)?.has(sessionId) ?? false;
    const record = ownRecord(userId, { sessionId, record: text, named });
    if (!record) return undefined;
    this.#renew(record);
    return { record, credentials: this.#values.peek(this.#values.keys.credentials(sessionId)), now: this.now() };
  }

  async list(userId: string): Promise<ListedSessions> {
    const tail = this.#log.tail(userId);
    const sessions: SessionRecord[] = [];
    const unreadable: string[] = [];
    for (const sessionId of this.#index.get(userId) ?? []) {
      try {
        const stored = await this.read(userId, sessionId);
        if (stored) sessions.push(stored.record);
        else this.#forget(userId, sessionId);
      } catch {
        unreadable.push(sessionId);
      }
    }
    return { sessions, unreadable, now: this.now(), tail };
  }

  async commit({ previous, next, events, credentials, credentialsHead = "" }: Commit): Promise<boolean> {
    const key = this.#values.keys.credentials(next.sessionId);
    if (!this.#stands(previous) || !(this.#values.peek(key) ?? "").startsWith(credentialsHead)) return false;
    this.#write(next);
    if (credentials === null) this.#values.drop(key);
    else if (credentials !== undefined) this.#values.put(key, credentials, this.#ttl);
    this.#log.append(next.userId, events);
    return true;
  }

  async remove(previous: SessionRecord, events: readonly LoggedEvent[]): Promise<boolean> {
    if (!this.#stands(previous)) return false;
    this.#erase(previous, events);
    return true;
  }

  async discard(userId: string, sessionId: string, events: readonly LoggedEvent[]): Promise<boolean> {
    const there = this.#values.peek(this.#values.keys.session(sessionId)) !== undefined;
    if (!there || !this.#index.get(userId)?.has(sessionId)) return false;
    this.#erase({ userId, sessionId, serverId: serverIdOf(sessionId) }, events);
    return true;
  }

  #erase({ sessionId, userId, serverId }: Owned, events: readonly LoggedEvent[]): void {
    const { keys } = this.#values;
    for (const key of [keys.session(sessionId), keys.credentials(sessionId)]) this.#values.drop(key);
    const pointer = keys.userServer(userId, serverId);
    if (this.#values.peek(pointer) === sessionId) this.#values.drop(pointer);
    this.#forget(userId, sessionId);
    this.#log.append(userId, events);
  }

  #stands(previous: SessionRecord): boolean {
    const stored = this.#values.peek(this.#values.keys.session(previous.sessionId));
    return stored?.startsWith(recordHead(previous.v)) ?? false;
  }

  #write(record: SessionRecord): void {
    const { sessionId, userId, serverId } = record;
    const { keys } = this.#values;
    this.#values.put(keys.session(sessionId), encodeRecord(record), this.#ttl);
    this.#values.put(keys.userServer(userId, serverId), sessionId, this.#ttl);
    const ids = this.#index.get(userId) ?? new Set();
    this.#index.set(userId, ids.add(sessionId));
    this.#renew(record);
  }

  #renew({ sessionId, userId, serverId }: Owned): void {
    const { keys } = this.#values;
    const own = [keys.session(sessionId), keys.credentials(sessionId), keys.userServer(userId, serverId)];
    for (const key of own) this.#values.renew(key, this.#ttl);
  }

  #forget(userId: string, sessionId: string): void {
    const ids = this.#index.get(userId);
    ids?.delete(sessionId);
    if (ids?.size === 0) this.#index.delete(userId);
  }
}

type Owned = Pick<SessionRecord, "userId" | "sessionId" | "serverId">;
