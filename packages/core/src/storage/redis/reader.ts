import type { EventId } from "@mcp-assistant/protocol";
import * as z from "zod";
import { Turns } from "../../budgets/turns.js";
import {
  type Abortable,
  type LogRow,
  maxReplayBytes,
  type Partition,
  type ReadAnswer,
  type StoragePart,
  type StorageRead,
  type ValueName,
} from "../../session/storage-driver.js";
import type { RedisCommands } from "./commands.js";
import type { Keys } from "./keys.js";
import { readLog } from "./lua/read-log.js";
import { readRows } from "./lua/read-rows.js";

/**
 * The maximum (bytes) of answers under way on the connection, which all users share: of one user, and in all. Whatever is
 * under way comes before the next command of any user.
 */
const lanes = { perKey: 4_194_304, inAll: 16_777_216 };

/**
 * How many bytes of texts a read counts as before its size is known. It gets no more than that; if there is more, it
 * learns how much, and reads again when that much has its turn.
 */
const expectedBytes = { listedRow: 2_048, row: 16_384, toolList: 65_536 };

/** How many bytes of a text are read at once, at first and then. Most texts are shorter than the first piece. */
const pieceBytes = { first: 65_536, next: 1_048_576 };

/** How many entries of a log are read at once, and how many bytes of their texts. */
const page = { entries: 64, bytes: 131_072 };

const clock = [z.string(), z.string()] as const;
const rowsAnswer = z.tuple(clock).rest(z.union([z.string().nullable(), z.number()]));
const logAnswer = z.tuple([z.number()]).rest(z.string());

/** Whether a key holds another type than ours. Then it counts as empty, as in the scripts. */
export const isOfAnotherType = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith("WRONGTYPE");

export const msOf = (seconds: string, microseconds: string) => Number(seconds) * 1_000 + Number(microseconds) / 1_000;

/** Reads what may be large. The users take turns, so that the reads of one never stand in front of another's. */
export class RedisReader {
  readonly #commands: RedisCommands;
  readonly #keys: Keys;
  readonly #turns = new Turns(lanes);

  constructor(commands: RedisCommands, keys: Keys) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /** `isList`: the rows of a list, which are small. */
  async rows(
    { partition, asker, ids, signal, ...rows }: StorageRead,
    { isList }: { isList: boolean },
  ): Promise<ReadAnswer> {
    const keys = this.#keys;
    const first = rows.row(ids[0] ?? "");
    const named = "user" in partition && rows.index !== undefined ? keys.index(partition.user, rows.index) : undefined;
    const [head] = first.values;
    const idAt = head && named !== undefined ? Buffer.byteLength(keys.value(partition, { ...head, id: "" })) + 1 : 0;
    // The script finds these from the row's own key, so that a list does not send them all.
    const isLikeRow = ({ kind, id }: ValueName, rowId: string) =>
      idAt > 0 && (kind === "handshake" || kind === "tools") && id === rowId;
    const keysOf = (id: string) => {
      const { values, beside = [] } = rows.row(id);
      const others = beside.filter((value) => !isLikeRow(value, id));
      return [...values, ...others].map((value) => keys.value(partition, value));
    };
    const kinds = (first.beside ?? []).filter((value) => isLikeRow(value, ids[0] ?? "")).map(({ kind }) => ` ${kind}`);
    const width = first.values.length + (first.beside?.length ?? 0) - kinds.length;
    const allKeys = [...(named === undefined ? [] : [named]), ...ids.flatMap(keysOf)];
    const args = `${rows.lifeMs ?? 0} ${first.values.length} ${width} ${idAt}`;
    const [seconds, microseconds, ...found] = await this.#sized(
      { key: laneOf(partition, asker), bytes: ids.length * bytesOfRow(partition, isList), signal },
      async (maxBytes) => {
        const answer = rowsAnswer.parse(
          await this.#commands.run(readRows, allKeys, [`${args} ${maxBytes}${kinds.join("")}`]),
        );
        return { answer, bytes: answer.length === 3 ? Number(answer[2]) : undefined };
      },
    );
    const each = first.values.length + 1;
    return {
      now: msOf(seconds, microseconds),
      rows: ids.map((id, place) => {
        const texts = found.slice(place * each, (place + 1) * each);
        const isNamed = texts.pop() === 1;
        return { id, texts: texts.map((each) => (each === null ? undefined : String(each))), named: isNamed };
      }),
    };
  }

  /** Piece by piece. A text that is written meanwhile may be of two parts, which its reader notices by their digests. */
  async part({ partition, value, start, length, signal }: StoragePart): Promise<string | undefined> {
    const key = this.#keys.value(partition, value);
    const lane = laneOf(partition);
    let text = "";
    for (let size = pieceBytes.first; text.length < length; size = pieceBytes.next) {
      const [from, wanted] = [start + text.length, Math.min(size, length - text.length)];
      const end = await this.#turns.take(lane, wanted, signal);
      try {
        const piece = await this.#commands.ask((redis) =>
          redis.getrange(key, from, from + wanted - 1).catch((error: unknown) => {
            if (isOfAnotherType(error)) return "";
            throw error;
          }),
        );
        text += piece;
        if (piece.length < wanted) break;
      } catch (error) {
        throw this.#failed(error, lane);
      } finally {
        end();
      }
    }
    return text || undefined;
  }

  /** Page by page, up to {@link maxReplayBytes}. */
  async log(user: string, from: EventId, { signal }: Abortable = {}): Promise<LogRow[] | undefined> {
    const rows: LogRow[] = [];
    let bytes = 0;
    for (let start: string = from; ; ) {
      const [isAll, texts] = await this.#page(user, start, signal);
      for (let at = 0; at < texts.length; at += 3) {
        const [id = "", previous = "", text = ""] = texts.slice(at, at + 3);
        rows.push({ id, previous, text });
        bytes += Buffer.byteLength(text);
      }
      if (bytes > maxReplayBytes) return undefined;
      if (isAll === 1) return rows;
      // A single entry is larger than a page.
      if (texts.length === 0) return undefined;
      start = `(${rows.at(-1)?.id}`;
    }
  }

  async #page(user: string, start: string, signal: AbortSignal | undefined): Promise<[number, string[]]> {
    const lane = laneOf({ user });
    const end = await this.#turns.take(lane, page.bytes, signal);
    try {
      const args = [start, page.entries, page.bytes];
      const [isAll, ...texts] = logAnswer.parse(await this.#commands.run(readLog, [this.#keys.events(user)], args));
      return [isAll, texts];
    } catch (error) {
      throw this.#failed(error, lane);
    } finally {
      end();
    }
  }

  /** Reads in turn; again if `read` says that the answer has more bytes than it was allowed. */
  async #sized<T>(
    { key, bytes, signal }: { key: string; bytes: number; signal: AbortSignal | undefined },
    read: (maxBytes: number) => Promise<{ answer: T; bytes: number | undefined }>,
  ): Promise<T> {
    for (let maxBytes = bytes; ; ) {
      signal?.throwIfAborted();
      // Without a wait, commands are sent in the order in which they are asked for.
      const end = this.#turns.now(key, maxBytes) ?? (await this.#turns.take(key, maxBytes, signal));
      try {
        const { answer, bytes: needed } = await read(maxBytes);
        if (needed === undefined) return answer;
        maxBytes = needed;
      } catch (error) {
        throw this.#failed(error, key);
      } finally {
        end();
      }
    }
  }

  /** What waits behind a read that failed fails at once. In a Redis Cluster, the other users' masters may be fine. */
  #failed(error: unknown, lane: string): unknown {
    return this.#turns.failed(error, this.#commands.isCluster ? lane : undefined);
  }
}

/**
 * Whose turn it is. All that one user reads is one lane; what users share has lanes of its own only for unknown users.
 */
const laneOf = (partition: Partition, asker?: string): string =>
  JSON.stringify(asker === undefined ? partition : { user: asker });

function bytesOfRow(partition: Partition, isList: boolean): number {
  if ("shared" in partition && partition.shared === "tool-list") return expectedBytes.toolList;
  return isList ? expectedBytes.listedRow : expectedBytes.row;
}
