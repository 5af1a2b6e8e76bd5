import type { LoggedEvent } from "@mcp-assistant/protocol";
import type { MemoryEventLog } from "../events/memory-event-log.js";
import { credentialsKey, sessionKey, userServerKey } from "../redis/keys.js";
import type { MemoryValueStore } from "../values/memory-value-store.js";
import { decodeRecord, encodeRecord, recordHead, type SessionRecord } from "./session-record.js";
import type { Commit, Created, SessionStore, StoredSession } from "./session-store.js";

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

  async create(record: SessionRecord, events: readonly LoggedEvent[], replacing?: string): Promise<Created> {
    const there = this.#values.peek(userServerKey(record.userId, record.serverId));
    if (there && there !== replacing) return { created: false, sessionId: there };
    if (replacing) this.#index.get(record.userId)?.delete(replacing);
    this.#write(record);
    this.#log.append(record.userId, events);
    return { created: true };
  }

  async read(userId: string, sessionId: string): Promise<StoredSession | undefined> {
    const text = this.#values.peek(sessionKey(sessionId));
    if (!text) return undefined;
    const record = decodeRecord(sessionId, text);
    if (record.userId !== userId) return undefined;
    this.#renew(record);
    return { record, credentials: this.#values.peek(credentialsKey(sessionId)), now: this.now() };
  }

  async list(userId: string) {
    const tail = this.#log.tail(userId);
    const sessions: SessionRecord[] = [];
    for (const sessionId of this.#index.get(userId) ?? []) {
      const stored = await this.read(userId, sessionId);
      if (stored) sessions.push(stored.record);
      else this.#forget(userId, sessionId);
    }
    return { sessions, unreadable: [], now: this.now(), tail };
  }

  async commit({ previous, next, events, credentials }: Commit): Promise<boolean> {
    if (!this.#stands(previous)) return false;
    this.#write(next);
    const key = credentialsKey(next.sessionId);
    if (credentials === null) this.#values.drop(key);
    else if (credentials !== undefined) this.#values.put(key, credentials, this.#ttl);
    this.#log.append(next.userId, events);
    return true;
  }

  async remove(previous: SessionRecord, events: readonly LoggedEvent[]): Promise<boolean> {
    if (!this.#stands(previous)) return false;
    const { sessionId, userId, serverId } = previous;
    const pointer = userServerKey(userId, serverId);
    for (const key of [sessionKey(sessionId), credentialsKey(sessionId)]) this.#values.drop(key);
    if (this.#values.peek(pointer) === sessionId) this.#values.drop(pointer);
    this.#forget(userId, sessionId);
    this.#log.append(userId, events);
    return true;
  }

  #stands(previous: SessionRecord): boolean {
    return this.#values.peek(sessionKey(previous.sessionId))?.startsWith(recordHead(previous.v)) ?? false;
  }

  #write(record: SessionRecord): void {
    const { sessionId, userId, serverId } = record;
    this.#values.put(sessionKey(sessionId), encodeRecord(record), this.#ttl);
    this.#values.put(userServerKey(userId, serverId), sessionId, this.#ttl);
    const ids = this.#index.get(userId) ?? new Set();
    this.#index.set(userId, ids.add(sessionId));
    this.#renew(record);
  }

  #renew({ sessionId, userId, serverId }: SessionRecord): void {
    const keys = [sessionKey(sessionId), credentialsKey(sessionId), userServerKey(userId, serverId)];
    for (const key of keys) this.#values.renew(key, this.#ttl);
  }

  #forget(userId: string, sessionId: string): void {
    const ids = this.#index.get(userId);
    ids?.delete(sessionId);
    if (ids?.size === 0) this.#index.delete(userId);
  }
}
