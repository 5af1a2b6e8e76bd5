import { userTag } from "../../session/session-id.js";
import type { IndexKind, Partition, SharedPartition, ValueName } from "../../session/storage-driver.js";

export interface KeyStyle {
  /** What every key begins with, before `mcp:`; nothing by default. */
  prefix?: string | undefined;
  /** With Redis Cluster: all keys of a user carry his tag as their hash tag, so that one script can change them. */
  tagged?: boolean;
}

/** The only place that spells a key. A user id may hold anything, so it is percent-encoded. */
export class Keys {
  readonly tagged: boolean;
  readonly #prefix: string;

  constructor({ prefix = "", tagged = false }: KeyStyle = {}) {
    this.#prefix = `${prefix}mcp:`;
    this.tagged = tagged;
  }

  value(partition: Partition, { kind, id }: ValueName): string {
    if ("user" in partition) {
      return kind === "server"
        ? `${this.#ofUser(partition.user)}:server:${id}`
        : `${this.#tagOf(partition.user)}${kind}:${id}`;
    }
    if (kind === "lock") return `${this.#prefix}lock:${id}:${this.#lockTag(partition)}`;
    // The hash tag, which only Redis Cluster heeds, puts a registration beside its locks.
    return `${this.#prefix}${kind}:${this.tagged && kind === "registration" ? `{${id}}` : id}`;
  }

  index(user: string, kind: IndexKind): string {
    return `${this.#ofUser(user)}:${kind}s`;
  }

  /** The stream that is the user's event log; the channel that announces its entries has the same name. */
  events(user: string): string {
    return `${this.#ofUser(user)}:events`;
  }

  /** How much of what a user has used up; `what` is a kind of ours. */
  rate(user: string, what: string): string {
    return `${this.#tagOf(user)}rate:${encodeURIComponent(user)}:${what}`;
  }

  /** Begins every key of this kind, whatever the tag: a glob pattern for SCAN. */
  pattern(kind: "session" | "attempt" | "registration"): string {
    const escaped = this.#prefix.replace(/[*?[\]\\^-]/g, "\\$&");
    return kind === "session" && this.tagged ? `${escaped}{???}:session:*` : `${escaped}${kind}:*`;
  }

  /** The id in a key that the pattern of its kind finds. */
  idIn(key: string, kind: "session" | "attempt" | "registration"): string {
    const id = key.slice(key.indexOf(`${kind}:`, this.#prefix.length) + kind.length + 1);
    return this.tagged && kind === "registration" ? id.replace(/^\{|\}$/g, "") : id;
  }

  #tagOf(user: string): string {
    return this.tagged ? `${this.#prefix}{${userTag(user)}}:` : this.#prefix;
  }

  #ofUser(user: string): string {
    return `${this.#tagOf(user)}user:${encodeURIComponent(user)}`;
  }

  /** What puts a lock into the slot of the value that it belongs to. */
  #lockTag(partition: SharedPartition): string {
    const { shared, id } = partition;
    if (!this.tagged) return id;
    return shared === "registration" ? `{${id}}` : `{${this.value(partition, { kind: shared, id })}}`;
  }
}
