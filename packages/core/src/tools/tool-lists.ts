import { createHash } from "node:crypto";
import { setImmediate as takeTurns } from "node:timers/promises";
import type { ToolInfo } from "@mcp-assistant/protocol";
import { budgetUser } from "../budgets/budget-user.js";
import { callerGone, LimitExceededError } from "../errors.js";
import type { Limits } from "../limits.js";
import { shownHost } from "../outbound/shown-host.js";
import { processWide, sharedFlight } from "../process-wide.js";
import type { DiscoveredTools } from "../session/move.js";
import type { SessionRecord } from "../session/session-record.js";
import type { StorageDriver } from "../session/storage-driver.js";
import type { ToolListText } from "../session/tool-list-text.js";
import { sharedValue } from "../values/stored-value.js";
import { ByteCache } from "./byte-cache.js";
import { changesOf } from "./changes-of-list.js";
import {
  headOf,
  indexIn,
  type PackedHead,
  type PackedPart,
  type PackedTool,
  packTools,
  unpacked,
} from "./packed-tools.js";
import { parsedBytes, parseTool, parseTools } from "./parsed-tools.js";

/** How many bytes of parsed lists and tools a process keeps, for all users together. */
const maxCachedBytes = 2 ** 25;

/** How many bytes are read first. The index of most lists ends before, and so do short lists. */
const firstBytes = 8_192;

/** How many characters of JSON are parsed before the event loop gets a turn. */
const charactersPerTurn = 262_144;

const listKey = (hash: string) => `list ${hash}`;
const indexKey = (hash: string) => `index ${hash}`;

const seenKey = ({ userId, sessionId }: OfUser) => `seen ${JSON.stringify([userId, sessionId])}`;

export interface ToolListsOptions {
  /** How long (s) an unused session lives. */
  ttl: number;
  limits: Pick<Limits, "toolListBytes" | "toolListBytesPerUser">;
  /** By default, the one of this process. */
  cache?: ByteCache;
}

type OfUser = Pick<SessionRecord, "userId" | "sessionId">;

/** What is read: of which session, and for whom. */
interface Asked {
  session: OfUser;
  /** The start of the session's text, if it has been read already. */
  ahead?: string | undefined;
  signal?: AbortSignal | undefined;
}

interface ReadList {
  tools: readonly ToolInfo[];
  jsonBytes: number;
  /** About how much memory they take. */
  bytes: number;
}

/** What a session changes with a list that its server has just sent. */
export interface Discovered {
  discovered: DiscoveredTools;
  /** Absent if the session has this list already. */
  toolList?: ToolListText;
}

/**
 * The list of tools of each session: one text that is written, renewed and erased with the session, and from which one
 * tool can be read alone. What was read is kept in this process by its hash, for all users who have the same tools.
 *
 * Its methods reject with a `StoreUnavailableError` when the store does not answer, and with a `CancelledError` once
 * `signal` has aborted.
 */
export class ToolLists {
  readonly #driver: StorageDriver;
  readonly #ttl: number;
  readonly #limits: ToolListsOptions["limits"];
  readonly #cache: ByteCache;

  constructor(driver: StorageDriver, { ttl, limits, cache }: ToolListsOptions) {
    this.#driver = driver;
    this.#ttl = ttl;
    this.#limits = limits;
    this.#cache = cache ?? processWide("cache", "tools", () => new ByteCache(maxCachedBytes));
  }

  /**
   * What to store of a list that was just read from the session's server, and how it differs from the one before. Throws
   * a {@link LimitExceededError} for a list that is too large as JSON: `1e20` becomes four times as long.
   */
  async discover(session: SessionRecord, tools: readonly ToolInfo[]): Promise<Discovered> {
    const { hash, text, jsonBytes } = await packTools(tools);
    const { toolListBytes, toolListBytesPerUser: maxBytes } = this.#limits;
    if (jsonBytes > toolListBytes) throw tooLarge(session.serverUrl);
    // The session's own text, not what others have with this hash: it may be gone, or of an earlier version.
    const index = session.tools ? await this.#readIndex({ session }, session.tools.hash) : undefined;
    const shared = session.tools && !index ? await this.#shared(session, session.tools.hash) : undefined;
    const before = index ?? shared?.tools ?? [];
    const [had, has] = [new Set(before.map(({ name }) => name)), new Set(tools.map(({ name }) => name))];
    const discovered = {
      hash,
      count: tools.length,
      ...changesOf(
        [...has].filter((name) => !had.has(name)),
        [...had].filter((name) => !has.has(name)),
      ),
    };
    return index && session.tools?.hash === hash ? { discovered } : { discovered, toolList: { text, maxBytes } };
  }

  /**
   * The list of a session that has this hash; `undefined` if it is gone, damaged or another one. The tools can then be
   * listed again. The tools of the answer are frozen, because other users may share them.
   */
  async get(session: OfUser, hash: string): Promise<ToolInfo[] | undefined> {
    return (await this.sized(session, hash)).value;
  }

  /** The same, and how many bytes of JSON the list has. */
  async sized(
    session: OfUser,
    hash: string,
    signal?: AbortSignal,
  ): Promise<{ value: ToolInfo[] | undefined; bytes: number }> {
    const key = listKey(hash);
    const flight = JSON.stringify([this.#driver.name, session.userId, session.sessionId, hash]);
    const readAll = async (gone: AbortSignal) => {
      const read = await this.#readAll({ session, signal: gone }, hash);
      if (read) this.#keep(session, key, read, read.bytes);
      return read ?? this.#shared(session, hash);
    };
    const read =
      this.#kept<ReadList>(session, key) ?? (await unlessGone(sharedFlight("tools", flight, readAll, signal), signal));
    return { value: read && [...read.tools], bytes: read?.jsonBytes ?? 0 };
  }

  /**
   * Begins to read the list of a session before its hash is known, for {@link find}. `undefined` if this process has
   * looked for a tool of the session before, and so probably knows its list.
   */
  readAhead(session: OfUser): Promise<string | undefined> | undefined {
    if (this.#kept(session, seenKey(session))) return undefined;
    return this.#part({ session }, 0, firstBytes).catch(() => undefined);
  }

  /**
   * One tool of that list; `undefined` also if the list has no tool of this name. Of a large tool, it may be only what
   * a call needs. `ahead` is what was read ahead.
   */
  find(
    session: OfUser,
    hash: string,
    name: string,
    { ahead, signal }: Pick<Asked, "ahead" | "signal"> = {},
  ): Promise<ToolInfo | undefined> {
    return unlessGone(this.#find({ session, ahead, signal }, hash, name), signal);
  }

  async #find(asked: Asked, hash: string, name: string): Promise<ToolInfo | undefined> {
    const { session } = asked;
    const isIt = (tool: { name: string }) => tool.name === name;
    this.#keep(session, seenKey(session), true, 0);
    const list = this.#kept<ReadList>(session, listKey(hash));
    if (list) return list.tools.find(isIt);
    const known = this.#kept<PackedTool[]>(session, indexKey(hash));
    const index = known ?? (await this.#readIndex(asked, hash));
    if (!index) return (await this.#shared(session, hash))?.tools.find(isIt);
    const entry = index.find(isIt);
    const tool = entry && (await this.#tool(asked, entry));
    if (tool || !entry || !known) return tool;
    // The same list of another session may be packed in another way, by another version of zlib.
    const own = (await this.#readIndex(asked, hash))?.find(isIt);
    return own && this.#tool(asked, own);
  }

  async #tool(asked: Asked, entry: PackedTool): Promise<ToolInfo | undefined> {
    const part: PackedPart = entry.call ?? entry;
    const key = `tool ${part.digest}`;
    const known = this.#kept<ToolInfo>(asked.session, key);
    if (known) return known;
    const { ahead = "" } = asked;
    const end = part.start + part.length;
    const text = end <= ahead.length ? ahead.slice(part.start, end) : await this.#part(asked, part.start, part.length);
    const json = await unpacked(text ?? "", part);
    const tool = json === undefined ? undefined : parseTool(json);
    if (json !== undefined && tool) this.#keep(asked.session, key, tool, parsedBytes(json));
    return tool;
  }

  /** Which tools the session's own text has, and where. */
  async #readIndex(asked: Asked, hash: string): Promise<PackedTool[] | undefined> {
    const { ahead = "" } = asked;
    const isAhead = headOf(ahead)?.hash === hash;
    const first = isAhead ? ahead : ((await this.#part(asked, 0, firstBytes)) ?? "");
    const head = headOf(first);
    if (head?.hash !== hash) return undefined;
    const end = head.indexStart + head.indexLength;
    const rest = end > first.length ? await this.#part(asked, first.length, end - first.length) : "";
    const index = await indexIn((first + (rest ?? "")).slice(head.indexStart, end), head);
    if (index) this.#keep(asked.session, indexKey(hash), index, 256 * (index.length + 1));
    return index;
  }

  #part({ session, signal }: Asked, start: number, length: number): Promise<string | undefined> {
    const value = { kind: "tools", id: session.sessionId } as const;
    return this.#driver.readPart({ partition: { user: session.userId }, value, start, length, signal });
  }

  async #readAll(asked: Asked, hash: string): Promise<ReadList | undefined> {
    const first = (await this.#part(asked, 0, firstBytes)) ?? "";
    const head = headOf(first);
    if (head?.hash !== hash) return undefined;
    const rest = first.length < firstBytes ? "" : await this.#part(asked, firstBytes, Number.MAX_SAFE_INTEGER);
    return toolsIn(first + (rest ?? ""), head);
  }

  /** A list as versions before 0.3 stored it: under its hash, for all users who had it. */
  async #shared(session: OfUser, hash: string): Promise<ReadList | undefined> {
    const text = await sharedValue(this.#driver, "tool-list", hash, session.userId).read(this.#ttl);
    if (text === undefined || createHash("sha256").update(text).digest("hex") !== hash) return undefined;
    const tools = parseTools(text);
    const read = tools && { tools, jsonBytes: Buffer.byteLength(text), bytes: parsedBytes(text) };
    if (read) this.#keep(session, listKey(hash), read, read.bytes);
    return read;
  }

  #kept<T>({ userId }: OfUser, key: string): T | undefined {
    return this.#cache.get<T>(budgetUser(this.#driver.name, userId), key);
  }

  #keep({ userId }: OfUser, key: string, value: unknown, bytes: number): void {
    this.#cache.set(budgetUser(this.#driver.name, userId), key, value, bytes);
  }
}

async function unlessGone<T>(read: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw signal?.aborted ? callerGone() : error;
  }
}

/** All tools of a stored list, and their sizes; `undefined` if one of them is damaged. */
async function toolsIn(text: string, head: PackedHead): Promise<ReadList | undefined> {
  const index = await indexIn(text.slice(head.indexStart, head.indexStart + head.indexLength), head);
  const tools: ToolInfo[] = [];
  let [jsonBytes, bytes, sinceTurn] = [0, 0, 0];
  for (const entry of index ?? []) {
    const json = await unpacked(text.slice(entry.start, entry.start + entry.length), entry);
    const tool = json === undefined ? undefined : parseTool(json);
    if (json === undefined || !tool) return undefined;
    tools.push(tool);
    jsonBytes += Buffer.byteLength(json);
    bytes += parsedBytes(json);
    sinceTurn += json.length;
    if (sinceTurn < charactersPerTurn) continue;
    sinceTurn = 0;
    await takeTurns();
  }
  return index && { tools, jsonBytes, bytes };
}

const tooLarge = (serverUrl: string) =>
  new LimitExceededError({
    message: `${shownHost(serverUrl)} sent a list of tools that is too large once it is written out`,
    hint: "Contact the people who run this app.",
    operatorHint: "Raise limits.toolListBytes to allow more.",
    retryable: false,
  });
