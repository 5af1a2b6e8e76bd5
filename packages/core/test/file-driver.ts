import { createHash } from "node:crypto";
import { EventEmitter } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as takeTurns } from "node:timers/promises";
import { beginning, compareEventIds } from "@mcp-assistant/protocol";
import { countIn } from "../src/rates/bucket.js";
import * as door from "../src/session/storage-driver.js";

/** The content of one file: a partition. */
interface Kept {
  values: Record<string, { name: door.ValueName; text: string; endsAt: number }>;
  index: { ids: string[]; endsAt: number };
  log: { rows: door.LogRow[]; endsAt: number };
  counts: Record<string, number>;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const keyOf = ({ kind, id }: door.ValueName) => `${kind} ${id}`;

const nothing = '{"values":{},"index":{"ids":[],"endsAt":0},"log":{"rows":[],"endsAt":0},"counts":{}}';

/** A storage as a third party might write it, for one process: each partition is a file, read and written whole. */
export class FileDriver implements door.StorageDriver {
  readonly isDurable = true;
  readonly name: string;
  readonly #texts = new Map<string, string>();
  readonly #announcer = new EventEmitter().setMaxListeners(0);

  constructor(folder: string) {
    this.name = folder;
    mkdirSync(folder, { recursive: true });
  }

  async read({ partition, ids, row, index, lifeMs, signal }: door.StorageRead): Promise<door.ReadAnswer> {
    signal?.throwIfAborted();
    const [now, renewed] = [Date.now(), { endsAt: Date.now() + (lifeMs ?? 0) }];
    return this.#change(partition, (kept) => {
      const rows = ids.map((id) => {
        const { values, beside = [] } = row(id);
        const texts = values.map((name) => kept.values[keyOf(name)]?.text);
        const named = index !== undefined && kept.index.ids.includes(id);
        const endsAt = Math.min(...values.map((name) => kept.values[keyOf(name)]?.endsAt ?? Infinity));
        if (texts[0] === undefined) kept.index.ids = kept.index.ids.filter((each) => each !== id);
        else if (lifeMs !== undefined && (named || index === undefined) && endsAt < now + 0.9 * lifeMs) {
          for (const name of [...values, ...beside]) Object.assign(kept.values[keyOf(name)] ?? {}, renewed);
          Object.assign(kept.index, renewed);
        }
        return { id, texts, named };
      });
      return { rows, now };
    });
  }

  async readPart({ partition, value, start, length, signal }: door.StoragePart): Promise<string | undefined> {
    signal?.throwIfAborted();
    return this.#load(partition).values[keyOf(value)]?.text.slice(start, start + length) || undefined;
  }

  async list({ user, ...list }: door.StorageList): Promise<door.ListAnswer> {
    const { log, index } = this.#load({ user });
    const answer = await this.read({ partition: { user }, ids: index.ids, ...list });
    const rows = answer.rows.filter(({ texts }) => texts[0] !== undefined);
    return { ...answer, rows, tail: log.rows.at(-1)?.id ?? beginning };
  }

  async commit(commit: door.StorageCommit): Promise<door.CommitAnswer> {
    const { partition, compare = [], set = [], touch = [], erase = [], index, events = [] } = commit;
    const [now, texts, rows]: [number, string[], door.LogRow[]] = [Date.now(), [], []];
    const answer = await this.#change<door.CommitAnswer>(partition, (kept) => {
      for (const [failed, comparison] of compare.entries()) {
        const [holds, there, leftMs] = judge(kept, comparison, index?.remove);
        if (!holds) return { done: false, failed, there, leftMs, now };
        if ("answer" in comparison && comparison.answer) texts.push(String(there));
      }
      for (const { value: name, text, lifeMs } of set) {
        const endsAt = lifeMs === "kept" ? (kept.values[keyOf(name)]?.endsAt ?? now) : now + lifeMs;
        kept.values[keyOf(name)] = { name, text, endsAt };
      }
      for (const { value, lifeMs } of touch) Object.assign(kept.values[keyOf(value)] ?? {}, { endsAt: now + lifeMs });
      for (const { value, holding = kept.values[keyOf(value)]?.text } of erase)
        if (kept.values[keyOf(value)]?.text === holding) delete kept.values[keyOf(value)];
      const ids = kept.index.ids.filter((id) => !index?.remove?.includes(id));
      const endsAt = index?.add ? now + index.lifeMs : kept.index.endsAt;
      kept.index = { ids: [...new Set([...ids, ...(index?.add ?? [])])], endsAt };
      rows.push(...events.map((text) => append(kept, text, now)));
      return { done: true, texts, now };
    });
    if ("user" in partition) for (const row of rows) this.#announcer.emit(partition.user, row);
    return answer;
  }

  take = (counted: door.Counted) => this.#count(counted, 1);
  giveBack = async (counted: door.Counted) => void (await this.#count(counted, -1));
  time = async () => Date.now();
  close = async () => undefined;
  async readLog(user: string, from: string, { signal }: door.Abortable = {}): Promise<door.LogRow[]> {
    signal?.throwIfAborted();
    return this.#load({ user }).log.rows.filter(({ id }) => compareEventIds(id, from) >= 0);
  }

  async subscribe(user: string, { row, published = () => undefined }: door.LogRowListener): Promise<() => void> {
    const hear = (said: door.LogRow | string) => (typeof said === "string" ? published(said) : row(said));
    this.#announcer.on(user, hear);
    return () => void this.#announcer.off(user, hear);
  }

  publish = async (user: string, text: string) => void this.#announcer.emit(user, text);

  async *scan(kind: door.ValueName["kind"]): AsyncIterableIterator<{ id: string; text: string }> {
    for (const file of readdirSync(this.name))
      for (const { name, text } of Object.values(parse(this.#textOf(join(this.name, file))).values))
        if (name.kind === kind) yield { id: name.id, text };
  }

  #count = (counted: door.Counted, count: 1 | -1) =>
    this.#change({ user: counted.user }, ({ counts }) => {
      const { fullAt, wait } = countIn(counts[counted.what], counted, { count, now: Date.now() * 1_000 });
      counts[counted.what] = fullAt;
      return wait / 1_000;
    });

  #fileOf = (partition: door.Partition) => join(this.name, sha256(JSON.stringify(partition)));
  #textOf = (file: string) => this.#texts.get(file) ?? (existsSync(file) ? readFileSync(file, "utf8") : nothing);
  #load = (partition: door.Partition) => parse(this.#textOf(this.#fileOf(partition)));
  async #change<T>(partition: door.Partition, change: (kept: Kept) => T): Promise<T> {
    await takeTurns();
    const [file, kept] = [this.#fileOf(partition), this.#load(partition)];
    const [answer, text] = [change(kept), JSON.stringify(kept)];
    if (text !== this.#textOf(file)) writeFileSync(file, text);
    this.#texts.set(file, text);
    return answer;
  }
}

/** The content of a file that has not expired. */
function parse(text: string): Kept {
  const [now, kept]: [number, Kept] = [Date.now(), JSON.parse(text)];
  for (const [key, { endsAt }] of Object.entries(kept.values)) if (endsAt <= now) delete kept.values[key];
  if (kept.index.endsAt <= now) kept.index.ids = [];
  if (kept.log.endsAt <= now) kept.log.rows = [];
  return kept;
}

/** Whether the comparison holds, what is stored there, and how long (ms) that has left. */
function judge({ values, index }: Kept, expected: door.Comparison, removed: readonly string[] = []) {
  if ("has" in expected) return [index.ids.includes(expected.has), undefined, 0] as const;
  if ("besides" in expected) {
    const others = index.ids.filter((id) => id !== expected.besides.id);
    const texts = others.map((id) => values[keyOf({ ...expected.besides, id })]?.text ?? "");
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    return [bytes <= expected.maxBytes, bytes, 0] as const;
  }
  const size = index.ids.filter((id) => !removed.includes(id)).length;
  if ("fewerThan" in expected) return [size < expected.fewerThan, size, 0] as const;
  const { text, endsAt = 0 } = values[keyOf(expected.value)] ?? {};
  const same = text === ("equals" in expected ? expected.equals : undefined);
  return ["head" in expected ? text?.startsWith(expected.head) : same, text, endsAt && endsAt - Date.now()] as const;
}

function append({ log }: Kept, text: string, now: number): door.LogRow {
  const previous = log.rows.at(-1)?.id ?? beginning;
  const [ms = 0, count = 0] = previous.split("-").map(Number);
  const row = { id: now > ms ? `${now}-0` : `${ms}-${count + 1}`, previous, text };
  Object.assign(log, { rows: [...log.rows, row].slice(-door.maxLogEvents), endsAt: now + door.logLifeMs });
  return row;
}
