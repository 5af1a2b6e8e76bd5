import { createHash } from "node:crypto";
import { EventEmitter } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beginning, compareEventIds } from "@mcp-assistant/protocol";
import { countIn } from "../src/rates/bucket.js";
import * as door from "../src/session/storage-driver.js";

/** What one file holds: a partition. */
interface Kept {
  values: Record<string, { name: door.ValueName; text: string; endsAt: number }>;
  index: { ids: string[]; endsAt: number };
  log: { rows: door.LogRow[]; endsAt: number };
  counts: Record<string, number>;
}

const keyOf = ({ kind, id }: door.ValueName) => `${kind} ${id}`;
const renew = (kept: Kept, name: door.ValueName, endsAt: number) =>
  Object.assign(kept.values[keyOf(name)] ?? {}, { endsAt });

/** A storage as somebody else might write one: each partition a file, read and written whole, for one process. */
export class FileDriver implements door.StorageDriver {
  readonly isDurable = true;
  readonly name: string;
  readonly #announcer = new EventEmitter().setMaxListeners(0);

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.name = folder;
  }

  async read({ partition, ids, row, index, lifeMs }: door.Read): Promise<door.ReadAnswer> {
    const now = Date.now();
    return this.#change(partition, (kept) => {
      const rows = ids.map((id) => {
        const { values, beside = [] } = row(id);
        const texts = values.map((name) => kept.values[keyOf(name)]?.text);
        const named = index !== undefined && kept.index.ids.includes(id);
        if (texts[0] === undefined) kept.index.ids = kept.index.ids.filter((each) => each !== id);
        else if (lifeMs !== undefined && (named || index === undefined)) {
          kept.index.endsAt = now + lifeMs;
          for (const name of [...values, ...beside]) renew(kept, name, now + lifeMs);
        }
        return { id, texts, named };
      });
      return { rows, now };
    });
  }

  async list({ user, ...list }: door.List): Promise<door.ListAnswer> {
    const { log, index } = this.#load({ user });
    const { rows, now } = await this.read({ partition: { user }, ids: index.ids, ...list });
    return { rows: rows.filter(({ texts }) => texts[0] !== undefined), now, tail: log.rows.at(-1)?.id ?? beginning };
  }

  async commit(commit: door.Commit): Promise<door.CommitAnswer> {
    const { partition, compare = [], set = [], touch = [], erase = [], index, events = [] } = commit;
    const [now, texts, rows]: [number, string[], door.LogRow[]] = [Date.now(), [], []];
    const answer = this.#change<door.CommitAnswer>(partition, (kept) => {
      for (const [failed, comparison] of compare.entries()) {
        const [holds, there, leftMs] = judge(kept, comparison, index?.remove);
        if (!holds) return { done: false, failed, there, leftMs, now };
        if ("answer" in comparison && comparison.answer) texts.push(String(there));
      }
      for (const { value: name, text, lifeMs } of set) {
        const endsAt = lifeMs === "kept" ? (kept.values[keyOf(name)]?.endsAt ?? now) : now + lifeMs;
        kept.values[keyOf(name)] = { name, text, endsAt };
      }
      for (const { value, lifeMs } of touch) renew(kept, value, now + lifeMs);
      for (const { value, holding } of erase) {
        if (holding === undefined || kept.values[keyOf(value)]?.text === holding) delete kept.values[keyOf(value)];
      }
      const ids = kept.index.ids.filter((id) => !index?.remove?.includes(id));
      kept.index.ids = [...new Set([...ids, ...(index?.add ?? [])])];
      if (index?.add) kept.index.endsAt = now + index.lifeMs;
      rows.push(...events.map((text) => append(kept, text, now)));
      return { done: true, texts, now };
    });
    if ("user" in partition) for (const row of rows) this.#announcer.emit(partition.user, row);
    return answer;
  }

  take = async (counted: door.Counted) => this.#count(counted, 1);
  giveBack = async (counted: door.Counted) => void this.#count(counted, -1);
  time = async () => Date.now();
  close = async () => undefined;
  readLog = async (user: string, from: string) =>
    this.#load({ user }).log.rows.filter(({ id }) => compareEventIds(id, from) >= 0);

  async subscribe(user: string, listener: door.LogRowListener): Promise<() => void> {
    this.#announcer.on(user, listener.row);
    return () => void this.#announcer.off(user, listener.row);
  }

  async *scan(kind: door.ValueName["kind"]): AsyncIterableIterator<{ id: string; text: string }> {
    for (const file of readdirSync(this.name))
      for (const { name, text } of Object.values(read(join(this.name, file)).values))
        if (name.kind === kind) yield { id: name.id, text };
  }

  #count = (counted: door.Counted, count: 1 | -1) =>
    this.#change({ user: counted.user }, ({ counts }) => {
      const { fullAt, wait } = countIn(counts[counted.what], counted, { count, now: Date.now() * 1_000 });
      counts[counted.what] = fullAt;
      return wait / 1_000;
    });

  #fileOf = (partition: door.Partition) =>
    join(this.name, createHash("sha256").update(JSON.stringify(partition)).digest("hex"));
  #load = (partition: door.Partition) => read(this.#fileOf(partition));
  #change<T>(partition: door.Partition, change: (kept: Kept) => T): T {
    const kept = this.#load(partition);
    const answer = change(kept);
    writeFileSync(this.#fileOf(partition), JSON.stringify(kept));
    return answer;
  }
}

/** What has not expired of a file. */
function read(file: string): Kept {
  const nothing = '{"values":{},"index":{"ids":[],"endsAt":0},"log":{"rows":[],"endsAt":0},"counts":{}}';
  const kept: Kept = JSON.parse(existsSync(file) ? readFileSync(file, "utf8") : nothing);
  const now = Date.now();
  for (const [key, { endsAt }] of Object.entries(kept.values)) if (endsAt <= now) delete kept.values[key];
  if (kept.index.endsAt <= now) kept.index.ids = [];
  if (kept.log.endsAt <= now) kept.log.rows = [];
  return kept;
}

/** Whether it holds, what is there, and how long that has left. */
function judge({ values, index }: Kept, expected: door.Comparison, removed: readonly string[] = []) {
  if ("has" in expected) return [index.ids.includes(expected.has), undefined, 0] as const;
  const size = index.ids.filter((id) => !removed.includes(id)).length;
  if ("fewerThan" in expected) return [size < expected.fewerThan, size, 0] as const;
  const { text, endsAt = 0 } = values[keyOf(expected.value)] ?? {};
  const head = "head" in expected && text?.startsWith(expected.head);
  const holds =
    head || ("equals" in expected && text === expected.equals) || ("absent" in expected && text === undefined);
  return [holds, text, endsAt && endsAt - Date.now()] as const;
}

function append({ log }: Kept, text: string, now: number): door.LogRow {
  const previous = log.rows.at(-1)?.id ?? beginning;
  const [ms = 0, count = 0] = previous.split("-").map(Number);
  const row = { id: now > ms ? `${now}-0` : `${ms}-${count + 1}`, previous, text };
  Object.assign(log, { rows: [...log.rows, row].slice(-door.logLength), endsAt: now + door.logLifeMs });
  return row;
}
