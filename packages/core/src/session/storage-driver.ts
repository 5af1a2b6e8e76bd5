import type { EventId } from "@mcp-assistant/protocol";
import type { Log } from "../logger.js";

/** What one commit may change together: all that one user has, or one value that users share. */
export type Partition = { readonly user: string } | SharedPartition;

export interface SharedPartition {
  readonly shared: SharedKind;
  /** SHA-256, hexadecimal. */
  readonly id: string;
}

export type SharedKind = "attempt" | "registration" | "tool-list";

/**
 * A value of a partition: what it is, and its name there. A user has `session` and `credentials` (by sessionId), `server`
 * (by serverId: the session that they have there) and `lock`. A shared partition has the value of its own kind and id, and
 * `lock`.
 *
 * Session ids are random: no two users have the same, so a storage may look for them, and for a user's locks, which begin
 * with one, by the id alone. What a user gets to see is checked above, by what the text itself says.
 */
export interface ValueName {
  readonly kind: "session" | "credentials" | "server" | "lock" | SharedKind;
  readonly id: string;
}

/** A list of ids that a user's partition has: of their sessions. */
export type IndexKind = "session";

/** Values that live together. */
export interface Row {
  /** What is answered. The first makes the row, and is named by the row's id: without it there is none. */
  readonly values: readonly ValueName[];
  /** Renewed with them, and not answered. */
  readonly beside?: readonly ValueName[];
}

export interface ReadRows {
  /** The same kinds of values for every id. */
  readonly row: (id: string) => Row;
  /** The index that may name a row. It forgets an id whose row is gone. */
  readonly index?: IndexKind;
  /**
   * A row that is there, and named where there is an index, lives at least nine tenths of this from now on, and its index
   * with it. Without it, a read renews nothing.
   */
  readonly lifeMs?: number;
}

export interface StorageRead extends ReadRows {
  readonly partition: Partition;
  readonly ids: readonly string[];
}

export interface StorageList extends ReadRows {
  readonly user: string;
  readonly index: IndexKind;
}

export interface ReadRow {
  readonly id: string;
  /** In the order of the row's values; `undefined` for what is not there. */
  readonly texts: readonly (string | undefined)[];
  /** Whether the index names it. */
  readonly named: boolean;
}

/** Every answer carries the store's clock: ms since the epoch, as it was in the step itself. */
interface Answered {
  readonly now: number;
}

export interface ReadAnswer extends Answered {
  /** Those that were asked for, in their order. */
  readonly rows: readonly ReadRow[];
}

export interface ListAnswer extends ReadAnswer {
  /** The newest id of the user's log, read before the index. */
  readonly tail: EventId;
}

/** What has to be true, or nothing is changed. The size of an index is counted after the commit's own removals. */
export type Comparison =
  | {
      readonly value: ValueName;
      /** It is there, and begins with this. */
      readonly head: string;
      /** Its text is answered when the commit was done. */
      readonly answer?: boolean;
    }
  | { readonly value: ValueName; readonly equals: string }
  | { readonly value: ValueName; readonly absent: true }
  | { readonly index: IndexKind; readonly has: string }
  | { readonly index: IndexKind; readonly fewerThan: number };

/** One atomic step within a partition: all of it becomes visible together, or nothing. */
export interface StorageCommit {
  readonly partition: Partition;
  /** Looked at in this order. */
  readonly compare?: readonly Comparison[];
  readonly set?: readonly {
    readonly value: ValueName;
    readonly text: string;
    /** How long it lives from now on; `"kept"`: as long as what it replaces would have. */
    readonly lifeMs: number | "kept";
  }[];
  /** What lives so long from now on, if it is there. */
  readonly touch?: readonly { readonly value: ValueName; readonly lifeMs: number }[];
  /** With `holding`, only what is exactly that. */
  readonly erase?: readonly { readonly value: ValueName; readonly holding?: string }[];
  readonly index?: {
    readonly kind: IndexKind;
    readonly add?: readonly string[];
    readonly remove?: readonly string[];
    /** How long it lives after ids were added. */
    readonly lifeMs: number;
  };
  /**
   * Texts that are appended to the user's log, each with the id of the entry before it, and announced to who listens. The
   * log keeps the newest {@link maxLogEvents} at least, for {@link logLifeMs} after the last one.
   */
  readonly events?: readonly string[];
  /** Done only when as many replicas have it as the app asks for: for what cannot be had again. */
  readonly durable?: boolean;
}

export type CommitAnswer = Answered &
  (
    | {
        readonly done: true;
        /** Of the comparisons that ask for it, in their order. */
        readonly texts: readonly string[];
      }
    | {
        readonly done: false;
        /** The place of the comparison that failed. */
        readonly failed: number;
        /** What was there instead: a value's text, or the size of an index. */
        readonly there: string | number | undefined;
        /** How long (ms) the value that was there has left; 0 for an index, and for nothing. */
        readonly leftMs: number;
      }
  );

/** How many entries a user's log keeps at least, and how long it lives after the last one. */
export const maxLogEvents = 256;
export const logLifeMs = 1_800_000;

/** An entry of a user's log. `previous` is the id of the entry before it, by which a reader proves that none is missing. */
export interface LogRow {
  readonly id: EventId;
  readonly previous: EventId;
  readonly text: string;
}

export interface LogRowListener {
  /** An entry has just been appended. */
  row(row: LogRow): void;
  /** Entries may have been missed, because the connection to the store was lost and is back. */
  interrupted(): void;
}

/** What is counted, and whose it is: each user and each kind has a count of its own. */
export interface Counted {
  readonly user: string;
  /** The kind: one of ours and never a user's text. */
  readonly what: string;
  /** How many may be done at once, after a pause. */
  readonly burst: number;
  /** After which one more may be done. */
  readonly intervalMs: number;
}

export interface DriverSettings {
  /** Tells the operator of what goes wrong with the store. */
  readonly log: Log;
  /** How many replicas must have a durable commit. A store without replicas has nothing to wait for. */
  readonly waitForReplicas: number;
}

/**
 * The door for a storage: texts with a life in partitions, an index and an event log for each user, and counts. What they
 * mean is not the driver's business. `storageContract` says what it keeps to.
 *
 * Every method rejects with a `StoreUnavailableError` when the store does not answer, or cannot write; then nothing is
 * known: a commit may have been done.
 */
export interface StorageDriver {
  /** Where it keeps what it keeps, without a secret: two drivers of one name see the same. */
  readonly name: string;
  /** False when all that it keeps ends with this process: then the app's keys do not have to seal it. */
  readonly isDurable: boolean;
  /** Called by the first app that uses it, also after {@link close}, before anything else. It waits for nothing. */
  open?(settings: DriverSettings): void;
  read(read: StorageRead): Promise<ReadAnswer>;
  /** All that the user's index names. */
  list(list: StorageList): Promise<ListAnswer>;
  commit(commit: StorageCommit): Promise<CommitAnswer>;
  /**
   * Counts one (GCRA, the generic cell rate algorithm: a bucket that fills up evenly, kept as the one moment at which it is
   * full again, by the store's clock). Answers 0, or, when it was refused, the ms after which one goes. Who is refused is
   * not counted, so asking again and again makes nobody wait longer.
   */
  take(counted: Counted): Promise<number>;
  /** Takes back the count of one that was not needed in the end. */
  giveBack(counted: Counted): Promise<void>;
  /** The entries of a user's log from this id on, with it when it is still there. */
  readLog(user: string, from: EventId): Promise<LogRow[]>;
  /** Delivers the user's entries from the moment it resolves, until the answered function is called. */
  subscribe(user: string, listener: LogRowListener): Promise<() => void>;
  /** The store's clock, ms since the epoch. */
  time(): Promise<number>;
  /** All values of a kind; some may come twice. For the rotation of encryption keys alone. */
  scan(kind: "session" | "attempt" | "registration"): AsyncIterable<{ id: string; text: string }>;
  /** Called by the last app that uses it: ends what it opened. */
  close(): Promise<void>;
}
