import { userTag } from "../../session/session-id.js";
import type { IndexKind, Partition, SharedPartition, ValueName } from "../../session/storage-driver.js";

export interface KeyStyle {
  /** Comes before `mcp:` in every key. Defaults to none. */
  prefix?: string | undefined;
  /** For Redis Cluster: all keys of a user have the same hash tag, so that one script can change them. */
  tagged?: boolean;
}

/** The only place that builds keys. A user id may contain any characters, so it is percent-encoded. */
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
    // With Redis Cluster, the hash tag puts a registration in the same slot as its locks.
    return `${this.#prefix}${kind}:${this.tagged && kind === "registration" ? `{${id}}` : id}`;
  }

  index(user: string, kind: IndexKind): string {
    return `${this.#ofUser(user)}:${kind}s`;
  }

  /** What the names of channels end with, beside the number of the database. */
  get storeId(): string {
    return `${this.#prefix}store`;
  }

  /** The stream that is the user's event log. The channel that announces its entries has this name and the store's ID. */
  events(user: string): string {
    return `${this.#ofUser(user)}:events`;
  }

  /** The count of a user's requests of one kind; `what` is one of our own kinds. */
  rate(user: string, what: string): string {
    return `${this.#tagOf(user)}rate:${encodeURIComponent(user)}:${what}`;
  }

  /** A glob pattern for SCAN that matches every key of this kind, with any tag. */
  pattern(kind: "session" | "attempt" | "registration"): string {
    const escaped = this.#prefix.replace(/[*?[\]\\^-]/g, "\\$&");
    return kind === "session" && this.tagged ? `${escaped}{???}:session:*` : `${escaped}${kind}:*`;
  }

  /** The id in a key that matches the pattern of its kind. */
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

  /** The last part of a lock's key. With Redis Cluster, its hash tag puts the lock in the slot of the lock's value. */
  #lockTag(partition: SharedPartition): string {
    const { shared, id } = partition;
    if (!this.tagged) return id;
    return shared === "registration" ? `{${id}}` : `{${this.value(partition, { kind: shared, id })}}`;
  }
}
