import type { Comparison, IndexKind, StorageCommit, ValueName } from "../../session/storage-driver.js";
import type { Keys } from "./keys.js";

/**
 * Converts a commit to the arguments of its script: each key once, the plan, and each text once. `store` is the end of
 * the name of the channel that announces events.
 */
export function planOf(commit: StorageCommit, keys: Keys, store: string): { keys: string[]; args: string[] } {
  const { partition, compare = [], set = [], touch = [], erase = [], index, events = [] } = commit;
  const [allKeys, texts] = [new Places(), new Places()];
  // In ARGV, the plan itself comes before the texts.
  const textAt = (text: string) => texts.placeOf(text) + 1;
  const value = (name: ValueName) => allKeys.placeOf(keys.value(partition, name));
  const user = () => {
    if ("user" in partition) return partition.user;
    throw new TypeError("What users share has no index and no events");
  };
  const indexAt = (kind: IndexKind) => allKeys.placeOf(keys.index(user(), kind));

  let changes = "";
  let life: number | undefined;
  const living = (lifeMs: number, step: string) => {
    changes += life === lifeMs ? step : `l${lifeMs}${step}`;
    life = lifeMs;
  };
  const comparison = (compared: Comparison) => {
    if ("index" in compared) {
      const at = indexAt(compared.index);
      if ("besides" in compared) {
        const { besides, maxBytes } = compared;
        return `o${value(besides)},${Buffer.byteLength(besides.id)}b${at},${maxBytes}`;
      }
      return "has" in compared ? `m${at},${textAt(compared.has)}` : `f${at},${compared.fewerThan}`;
    }
    const at = value(compared.value);
    if ("absent" in compared) return `n${at}`;
    if ("equals" in compared) return `e${at},${textAt(compared.equals)}`;
    return `${compared.answer ? "H" : "h"}${at},${textAt(compared.head)}`;
  };

  const removals = index?.remove?.map((id) => `r${indexAt(index.kind)},${textAt(id)}`).join("") ?? "";
  const comparisons = removals + compare.map(comparison).join("");
  for (const { value: name, text, lifeMs } of set) {
    if (lifeMs === "kept") changes += `k${value(name)},${textAt(text)}`;
    else living(lifeMs, `s${value(name)},${textAt(text)}`);
  }
  for (const { value: name, lifeMs } of touch) living(lifeMs, `t${value(name)}`);
  for (const { value: name, holding } of erase) {
    changes += holding === undefined ? `d${value(name)}` : `x${value(name)},${textAt(holding)}`;
  }
  changes += removals;
  if (index) for (const id of index.add ?? []) living(index.lifeMs, `a${indexAt(index.kind)},${textAt(id)}`);
  if (events.length > 0) changes += `p${allKeys.placeOf(keys.events(user()))},${texts.all.length + 2}`;
  const announced = events.length > 0 ? [store, ...events] : [];
  return { keys: allKeys.all, args: [`${comparisons};${changes}`, ...texts.all, ...announced] };
}

/** Distinct texts in order of first use. Places count from 1, as in Lua. */
class Places {
  readonly #places = new Map<string, number>();

  placeOf(text: string): number {
    const place = this.#places.get(text) ?? this.#places.size + 1;
    this.#places.set(text, place);
    return place;
  }

  get all(): string[] {
    return [...this.#places.keys()];
  }
}
