import { randomUUID } from "node:crypto";
import { beginning, compareEventIds, type EventId } from "@mcp-assistant/protocol";
import { countIn } from "../../rates/bucket.js";
import {
  type Abortable,
  type CommitAnswer,
  type Comparison,
  type Counted,
  type IndexKind,
  type ListAnswer,
  type LogRow,
  type LogRowListener,
  logLifeMs,
  maxLogEvents,
  type Partition,
  type ReadAnswer,
  type StorageCommit,
  type StorageDriver,
  type StorageList,
  type StoragePart,
  type StorageRead,
  type ValueName,
} from "../../session/storage-driver.js";

interface Value extends ValueName {
  text: string;
  expiresAt: number;
}

interface Index {
  members: Set<string>;
  expiresAt: number;
}

interface UserLog {
  rows: LogRow[];
  expiresAt: number;
}

type Found = { text: string; leftMs: number } | undefined;

/**
 * After how many writes everything expired is dropped. In between, an expired value is dropped when it is looked up.
 */
const writesPerSweep = 1_000;

/** Keeps everything in the memory of this process. Values are stored as texts, so nothing is shared by reference. */
export class MemoryDriver implements StorageDriver {
  readonly isDurable = false;
  readonly name = `memory ${randomUUID()}`;
  readonly #values = new Map<string, Value>();
  readonly #indexes = new Map<string, Index>();
  readonly #logs = new Map<string, UserLog>();
  /** The time (µs since the epoch) when each bucket is full again. */
  readonly #counts = new Map<string, number>();
  readonly #listeners = new Map<string, Set<LogRowListener>>();
  #lastId = { ms: 0, count: 0 };
  #writes = 0;

  async read({ partition, ids, row, index, lifeMs, signal }: StorageRead): Promise<ReadAnswer> {
    signal?.throwIfAborted();
    const named = index === undefined ? undefined : this.#index(partition, index);
    const rows = ids.map((id) => {
      const { values, beside = [] } = row(id);
      const texts = values.map((value) => this.#find(partition, value)?.text);
      const isNamed = named?.members.has(id) ?? false;
      if (texts[0] === undefined) this.#forget(partition, index, id);
      else if (lifeMs !== undefined && (isNamed || index === undefined)) {
        for (const value of [...values, ...beside]) this.#renew(partition, value, lifeMs);
        if (named) named.expiresAt = Date.now() + lifeMs;
      }
      return { id, texts, named: isNamed };
    });
    return { rows, now: Date.now() };
  }

  async readPart({ partition, value, start, length, signal }: StoragePart): Promise<string | undefined> {
    signal?.throwIfAborted();
    return this.#find(partition, value)?.text.slice(start, start + length) || undefined;
  }

  async list({ user, ...list }: StorageList): Promise<ListAnswer> {
    const tail = this.#log(user)?.rows.at(-1)?.id ?? beginning;
    const partition = { user };
    const ids = [...(this.#index(partition, list.index)?.members ?? [])];
    const { rows, now } = await this.read({ partition, ids, ...list });
    return { rows: rows.filter(({ texts }) => texts[0] !== undefined), now, tail };
  }

  async commit(commit: StorageCommit): Promise<CommitAnswer> {
    const { partition, compare = [], set = [], touch = [], erase = [], index, events = [] } = commit;
    const now = Date.now();
    const texts: string[] = [];
    for (const [failed, comparison] of compare.entries()) {
      const { holds, there, leftMs } = this.#compare(commit, comparison);
      if (!holds) return { done: false, failed, there, leftMs, now };
      if ("answer" in comparison && comparison.answer) texts.push(String(there));
    }
    for (const { value, text, lifeMs } of set) this.#set(partition, value, { text, lifeMs });
    for (const { value, lifeMs } of touch) this.#renew(partition, value, lifeMs);
    for (const { value, holding } of erase) {
      const found = this.#find(partition, value);
      if (found && (holding === undefined || found.text === holding)) this.#values.delete(valueKey(partition, value));
    }
    for (const id of index?.remove ?? []) this.#forget(partition, index?.kind, id);
    if (index?.add?.length) {
      const members = new Set([...(this.#index(partition, index.kind)?.members ?? []), ...index.add]);
      this.#indexes.set(indexKey(partition, index.kind), { members, expiresAt: now + index.lifeMs });
    }
    if ("user" in partition) this.#append(partition.user, events);
    if (++this.#writes % writesPerSweep === 0) this.#sweep();
    return { done: true, texts, now };
  }

  async take(counted: Counted): Promise<number> {
    return this.#count(counted, 1);
  }

  async giveBack(counted: Counted): Promise<void> {
    this.#count(counted, -1);
  }

  async readLog(user: string, from: EventId, { signal }: Abortable = {}): Promise<LogRow[]> {
    signal?.throwIfAborted();
    return (this.#log(user)?.rows ?? []).filter(({ id }) => compareEventIds(id, from) >= 0);
  }

  async subscribe(user: string, listener: LogRowListener): Promise<() => void> {
    const listeners = this.#listeners.get(user) ?? new Set();
    this.#listeners.set(user, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(user) === listeners) this.#listeners.delete(user);
    };
  }

  async publish(user: string, text: string): Promise<void> {
    for (const listener of this.#listeners.get(user) ?? []) listener.published?.(text);
  }

  async time(): Promise<number> {
    return Date.now();
  }

  async *scan(kind: ValueName["kind"]): AsyncIterableIterator<{ id: string; text: string }> {
    this.#sweep();
    for (const value of [...this.#values.values()]) if (value.kind === kind) yield { id: value.id, text: value.text };
  }

  async close(): Promise<void> {
    for (const kept of [this.#values, this.#indexes, this.#logs, this.#counts, this.#listeners]) kept.clear();
  }

  /** The number of values, indexes, logs and counts that have not expired. */
  get size(): number {
    this.#sweep();
    return this.#values.size + this.#indexes.size + this.#logs.size + this.#counts.size;
  }

  #compare({ partition, index }: StorageCommit, comparison: Comparison) {
    if ("value" in comparison) {
      const found = this.#find(partition, comparison.value);
      const holds =
        "absent" in comparison
          ? found === undefined
          : "equals" in comparison
            ? found?.text === comparison.equals
            : found?.text.startsWith(comparison.head);
      return { holds, there: found?.text, leftMs: found?.leftMs ?? 0 };
    }
    const members = this.#index(partition, comparison.index)?.members ?? new Set();
    if ("has" in comparison) return { holds: members.has(comparison.has), there: undefined, leftMs: 0 };
    if ("besides" in comparison) {
      const { besides, maxBytes } = comparison;
      const others = [...members].filter((id) => id !== besides.id);
      const texts = others.map((id) => this.#find(partition, { kind: besides.kind, id })?.text ?? "");
      const there = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      return { holds: there <= maxBytes, there, leftMs: 0 };
    }
    const removed = new Set(index?.kind === comparison.index ? index.remove : []);
    const size = [...members].filter((id) => !removed.has(id)).length;
    return { holds: size < comparison.fewerThan, there: size, leftMs: 0 };
  }

  #find(partition: Partition, name: ValueName): Found {
    const key = valueKey(partition, name);
    const value = this.#values.get(key);
    const leftMs = value ? value.expiresAt - Date.now() : 0;
    if (value && leftMs > 0) return { text: value.text, leftMs };
    this.#values.delete(key);
    return undefined;
  }

  #set(partition: Partition, name: ValueName, { text, lifeMs }: { text: string; lifeMs: number | "kept" }): void {
    const kept = lifeMs === "kept" ? (this.#find(partition, name)?.leftMs ?? 0) : lifeMs;
    this.#values.set(valueKey(partition, name), { ...name, text, expiresAt: Date.now() + kept });
  }

  #renew(partition: Partition, name: ValueName, lifeMs: number): void {
    const found = this.#find(partition, name);
    if (found) this.#set(partition, name, { text: found.text, lifeMs });
  }

  #forget(partition: Partition, index: IndexKind | undefined, id: string): void {
    if (index === undefined) return;
    const members = this.#index(partition, index)?.members;
    members?.delete(id);
    if (members?.size === 0) this.#indexes.delete(indexKey(partition, index));
  }

  #index(partition: Partition, kind: IndexKind): Index | undefined {
    const key = indexKey(partition, kind);
    const index = this.#indexes.get(key);
    if (index && index.expiresAt > Date.now()) return index;
    this.#indexes.delete(key);
    return undefined;
  }

  #append(user: string, events: readonly string[]): void {
    for (const text of events) {
      const log = this.#log(user) ?? { rows: [], expiresAt: 0 };
      const row = { id: this.#nextId(), previous: log.rows.at(-1)?.id ?? beginning, text };
      const rows = [...log.rows, row].slice(-maxLogEvents);
      this.#logs.set(user, { rows, expiresAt: Date.now() + logLifeMs });
      for (const listener of this.#listeners.get(user) ?? []) listener.row(row);
    }
  }

  #log(user: string): UserLog | undefined {
    const log = this.#logs.get(user);
    if (log && log.expiresAt > Date.now()) return log;
    this.#logs.delete(user);
    return undefined;
  }

  #nextId(): EventId {
    const ms = Math.max(Date.now(), this.#lastId.ms);
    this.#lastId = { ms, count: ms === this.#lastId.ms ? this.#lastId.count + 1 : 0 };
    return `${ms}-${this.#lastId.count}`;
  }

  #count(counted: Counted, count: 1 | -1): number {
    const key = JSON.stringify([counted.user, counted.what]);
    const now = Date.now() * 1_000;
    const { fullAt, wait } = countIn(this.#counts.get(key), counted, { count, now });
    if (fullAt <= now) this.#counts.delete(key);
    else this.#counts.set(key, fullAt);
    if (++this.#writes % writesPerSweep === 0) this.#sweep();
    return wait / 1_000;
  }

  #sweep(): void {
    const now = Date.now();
    for (const kept of [this.#values, this.#indexes, this.#logs]) {
      for (const [key, { expiresAt }] of kept) if (expiresAt <= now) kept.delete(key);
    }
    for (const [key, fullAt] of this.#counts) if (fullAt <= now * 1_000) this.#counts.delete(key);
  }
}

const ownerOf = (partition: Partition) => ("user" in partition ? partition.user : [partition.shared, partition.id]);

const valueKey = (partition: Partition, { kind, id }: ValueName) => JSON.stringify([ownerOf(partition), kind, id]);

const indexKey = (partition: Partition, kind: IndexKind) => JSON.stringify([ownerOf(partition), kind]);
