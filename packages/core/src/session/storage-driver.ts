import type { EventId } from "@mcp-assistant/protocol";
import type { Log } from "../logger.js";

/** What one commit may change together: everything of one user, or one value that users share. */
export type Partition = { readonly user: string } | SharedPartition;

export interface SharedPartition {
  readonly shared: SharedKind;
  /** SHA-256, hexadecimal. */
  readonly id: string;
}

export type SharedKind = "attempt" | "registration" | "sign-in-page" | "tool-list";

/**
 * A value of a partition: its kind, and its name there. A user's partition has `session`, `credentials`, `handshake`,
 * `tools` and `followed` (by sessionId), `server` (by serverId: the user's session at that server) and `lock`. A shared
 * partition has the value of its own kind and ID, and `lock`.
 *
 * Session IDs are random, and no two users have the same one. A storage may therefore find `session`, `credentials`,
 * `handshake`, `tools` and `followed`, and a user's locks, whose IDs begin with one, by the ID alone. What a user gets
 * to see is checked by the caller, from the text itself.
 */
export interface ValueName {
  readonly kind: "session" | "credentials" | "handshake" | "tools" | "followed" | "server" | "lock" | SharedKind;
  readonly id: string;
}

/** A list of IDs in a user's partition: those of the user's sessions. */
export type IndexKind = "session";

/** Values that live and expire together. */
export interface Row {
  /** The values to return. The first one makes the row and is named by the row's ID: without it there is no row. */
  readonly values: readonly ValueName[];
  /** Extended together with the values, but not returned. */
  readonly beside?: readonly ValueName[];
}

export interface ReadRows {
  /** The same kinds of values for every ID. */
  readonly row: (id: string) => Row;
  /** The index that may list a row. An ID whose row is gone is removed from it. */
  readonly index?: IndexKind;
  /**
   * A row that exists, and is listed if there is an index, lives at least nine tenths of this from now on, and so does
   * its index. If absent, a read extends nothing.
   */
  readonly lifeMs?: number;
}

/** A read that its caller may give up. */
export interface Abortable {
  /** Aborts when the caller has gone. Then nothing more is read, and the read rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface StorageRead extends ReadRows, Abortable {
  readonly partition: Partition;
  /** Who reads a value that users share, where that is known: users take turns. */
  readonly asker?: string | undefined;
  readonly ids: readonly string[];
}

export interface StorageList extends ReadRows, Abortable {
  readonly user: string;
  readonly index: IndexKind;
}

export interface ReadRow {
  readonly id: string;
  /** In the order of the row's values; `undefined` for a missing value. */
  readonly texts: readonly (string | undefined)[];
  /** Whether the index lists it. */
  readonly named: boolean;
}

/** Every answer carries the store's clock: ms since the epoch, at the moment of the step itself. */
interface Answered {
  readonly now: number;
}

export interface ReadAnswer extends Answered {
  /** The rows that were asked for, in that order. */
  readonly rows: readonly ReadRow[];
}

export interface ListAnswer extends ReadAnswer {
  /** The newest ID of the user's log, read before the index. */
  readonly tail: EventId;
}

/** A part of one text. The text must be ASCII alone, so that its characters are its bytes. */
export interface StoragePart extends Abortable {
  readonly partition: Partition;
  readonly value: ValueName;
  readonly start: number;
  readonly length: number;
}

/** What must be true, or nothing is changed. The size of an index is counted after the commit's own removals. */
export type Comparison =
  | {
      readonly value: ValueName;
      /** The value exists and begins with this. */
      readonly head: string;
      /** Whether to return its text if the commit is done. */
      readonly answer?: boolean;
    }
  | { readonly value: ValueName; readonly equals: string }
  | { readonly value: ValueName; readonly absent: true }
  | { readonly index: IndexKind; readonly has: string }
  | { readonly index: IndexKind; readonly fewerThan: number }
  | {
      readonly index: IndexKind;
      /**
       * The values of this one's kind whose IDs the index lists, except this one itself, have together at most `maxBytes`
       * (UTF-8).
       */
      readonly besides: ValueName;
      readonly maxBytes: number;
    };

/** One atomic step within a partition: all of it becomes visible together, or nothing. */
export interface StorageCommit {
  readonly partition: Partition;
  /** Checked in this order. */
  readonly compare?: readonly Comparison[];
  readonly set?: readonly {
    readonly value: ValueName;
    readonly text: string;
    /** How long it lives from now on; `"kept"`: as long as the value it replaces would have lived. */
    readonly lifeMs: number | "kept";
  }[];
  /** Values that live this long from now on, if they exist. */
  readonly touch?: readonly { readonly value: ValueName; readonly lifeMs: number }[];
  /** With `holding`, erased only if the text is exactly that. */
  readonly erase?: readonly { readonly value: ValueName; readonly holding?: string }[];
  readonly index?: {
    readonly kind: IndexKind;
    readonly add?: readonly string[];
    readonly remove?: readonly string[];
    /** How long it lives after IDs were added. */
    readonly lifeMs: number;
  };
  /**
   * Texts to append to the user's log, each with the ID of the entry before it, and to announce to listeners. The log
   * keeps at least the newest {@link maxLogEvents}, for {@link logLifeMs} after the last one.
   */
  readonly events?: readonly string[];
  /** Not done until as many replicas have it as the app asks for. For data that cannot be obtained again. */
  readonly durable?: boolean;
}

export type CommitAnswer = Answered &
  (
    | {
        readonly done: true;
        /** For the comparisons that ask for it, in their order. */
        readonly texts: readonly string[];
      }
    | {
        readonly done: false;
        /** The position of the comparison that failed. */
        readonly failed: number;
        /** What was there instead: the text of a value, the size of an index, or the bytes of values. */
        readonly there: string | number | undefined;
        /** How long (ms) the value that was there still lives; 0 for an index, and for a missing value. */
        readonly leftMs: number;
      }
  );

/** How many entries a user's log keeps at least, and how long (ms) it lives after the last one. */
export const maxLogEvents = 256;
export const logLifeMs = 1_800_000;

/** The maximum (bytes) of missed entries that a reader gets. Beyond it, a snapshot is smaller. */
export const maxReplayBytes = 1_048_576;

/**
 * An entry of a user's log. `previous` is the ID of the entry before it, so that a reader can prove that none is
 * missing.
 */
export interface LogRow {
  readonly id: EventId;
  readonly previous: EventId;
  readonly text: string;
}

export interface LogRowListener {
  /** An entry has just been appended. */
  row(row: LogRow): void;
  /** A text of {@link StorageDriver.publish}. */
  published?(text: string): void;
  /** Entries may have been missed, because the connection to the store was lost and has come back. */
  interrupted(): void;
}

/** What is counted, and for which user: each user and each kind has its own count. */
export interface Counted {
  readonly user: string;
  /** The kind: one of our own names, never a user's text. */
  readonly what: string;
  /** How many are allowed at once, after a pause. */
  readonly burst: number;
  /** The time (ms) after which one more is allowed. */
  readonly intervalMs: number;
}

export interface DriverSettings {
  /** Reports problems with the store to the operator. */
  readonly log: Log;
  /** How many replicas must have a durable commit. A store without replicas has nothing to wait for. */
  readonly waitForReplicas: number;
}

/**
 * The interface to a storage: texts with a limited life in partitions, an index and an event log for each user, and
 * counts. What they mean is not the driver's concern. `storageContract` tests what a driver must do.
 *
 * Every method rejects with a `StoreUnavailableError` if the store does not answer or cannot write. The outcome is then
 * unknown: a commit may have been done.
 */
export interface StorageDriver {
  /** Where the data is stored, without a secret: two drivers with the same name see the same data. */
  readonly name: string;
  /** False if everything it stores ends with this process. Then it need not be sealed with the app's keys. */
  readonly isDurable: boolean;
  /**
   * Called by the first app that uses it, also after {@link close}, before anything else. It must not wait for
   * anything.
   */
  open?(settings: DriverSettings): void;
  read(read: StorageRead): Promise<ReadAnswer>;
  /** A part of a text, shorter where the text ends. `undefined` if the value is missing, or ends before the part. */
  readPart(part: StoragePart): Promise<string | undefined>;
  /** Everything that the user's index lists. */
  list(list: StorageList): Promise<ListAnswer>;
  commit(commit: StorageCommit): Promise<CommitAnswer>;
  /**
   * Counts one (GCRA, the generic cell rate algorithm: a bucket that fills up evenly, stored as the single moment, by
   * the store's clock, at which it is full again). Returns 0, or, if it was refused, the ms after which one is allowed.
   * A refused request is not counted, so retrying never extends the wait.
   */
  take(counted: Counted): Promise<number>;
  /** Takes back a count that was not needed after all. */
  giveBack(counted: Counted): Promise<void>;
  /**
   * The entries of a user's log from this ID on, including the entry of that ID if it still exists. May be
   * undefined if their texts have more than {@link maxReplayBytes} in all.
   */
  readLog(user: string, from: EventId, options?: Abortable): Promise<LogRow[] | undefined>;
  /** Delivers the user's entries from the moment the promise resolves until the returned function is called. */
  subscribe(user: string, listener: LogRowListener): Promise<() => void>;
  /**
   * Tells the user's listeners, in all processes, a text that is not stored: those that do not listen at this moment never
   * get it, and it may be lost.
   */
  publish(user: string, text: string): Promise<void>;
  /** The store's clock, ms since the epoch. */
  time(): Promise<number>;
  /** All values of a kind; some may come twice. Only for the rotation of encryption keys. */
  scan(kind: "session" | "attempt" | "registration"): AsyncIterable<{ id: string; text: string }>;
  /** Called by the last app that uses it. Closes what it opened. */
  close(): Promise<void>;
}
