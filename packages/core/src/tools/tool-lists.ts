import { createHash } from "node:crypto";
import { setImmediate as takeTurns } from "node:timers/promises";
import { type ToolInfo, toolInfoSchema } from "@mcp-assistant/protocol";
import { LimitExceededError } from "../errors.js";
import type { Limits } from "../limits.js";
import { shownHost } from "../outbound/shown-host.js";
import { parseJson } from "../parse-json.js";
import { processWide, singleFlight } from "../process-wide.js";
import type { DiscoveredTools } from "../session/move.js";
import type { SessionRecord } from "../session/session-record.js";
import type { StorageDriver } from "../session/storage-driver.js";
import type { ToolListText } from "../session/tool-list-text.js";
import { sharedValue } from "../values/stored-value.js";
import { ByteCache } from "./byte-cache.js";
import { changesOf } from "./changes-of-list.js";
import { headOf, indexIn, type PackedHead, type PackedTool, packTools, toolJsonIn } from "./packed-tools.js";
import { parsedBytes, parseTool } from "./parsed-tools.js";

/** How many bytes of parsed lists and tools a process keeps, for all users together. */
const maxCachedBytes = 2 ** 25;

/** How many bytes are read first. The index of most lists ends before, and so do short lists. */
const firstBytes = 8_192;

/** How many characters of JSON are parsed before the event loop gets a turn. */
const charactersPerTurn = 262_144;

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
 * Its methods reject with a `StoreUnavailableError` when the store does not answer.
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
    const index = session.tools ? await this.#readIndex(session, session.tools.hash) : undefined;
    const before = index ?? (session.tools ? (await this.#shared(session.tools.hash)).value : undefined) ?? [];
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
  async sized(session: OfUser, hash: string): Promise<{ value: ToolInfo[] | undefined; bytes: number }> {
    const key = `list ${hash}`;
    const known = this.#cache.get<ReadList>(key);
    if (known) return { value: [...known.tools], bytes: known.jsonBytes };
    const flight = JSON.stringify([this.#driver.name, session.userId, session.sessionId, hash]);
    const read = await singleFlight("tools", flight, () => this.#readAll(session, hash));
    if (!read) return this.#shared(hash);
    this.#cache.set(key, read, read.bytes);
    return { value: [...read.tools], bytes: read.jsonBytes };
  }

  /**
   * Begins to read the list of a session before its hash is known, for {@link find}. `undefined` if this process has
   * looked for a tool of the session before, and so probably knows its list.
   */
  readAhead(session: OfUser): Promise<string | undefined> | undefined {
    if (this.#cache.get(seenKey(session))) return undefined;
    return this.#part(session, 0, firstBytes).catch(() => undefined);
  }

  /** One tool of that list; `undefined` also if the list has no tool of this name. `ahead` is what was read ahead. */
  async find(session: OfUser, hash: string, name: string, ahead?: string): Promise<ToolInfo | undefined> {
    const isIt = (tool: { name: string }) => tool.name === name;
    this.#cache.set(seenKey(session), true, 256);
    const list = this.#cache.get<ReadList>(`list ${hash}`);
    if (list) return list.tools.find(isIt);
    const known = this.#cache.get<PackedTool[]>(indexKey(hash));
    const index = known ?? (await this.#readIndex(session, hash, ahead));
    if (!index) return (await this.#shared(hash)).value?.find(isIt);
    const entry = index.find(isIt);
    const tool = entry && (await this.#tool(session, entry, ahead));
    if (tool || !entry || !known) return tool;
    // The same list of another session may be packed in another way, by another version of zlib.
    const own = (await this.#readIndex(session, hash))?.find(isIt);
    return own && this.#tool(session, own);
  }

  async #tool(session: OfUser, entry: PackedTool, ahead = ""): Promise<ToolInfo | undefined> {
    const key = `tool ${entry.digest}`;
    const known = this.#cache.get<ToolInfo>(key);
    if (known) return known;
    const end = entry.start + entry.length;
    const isThere = end <= ahead.length;
    const part = isThere ? ahead.slice(entry.start, end) : await this.#part(session, entry.start, entry.length);
    const json = await toolJsonIn(part ?? "", entry);
    const tool = json === undefined ? undefined : parseTool(json);
    if (json !== undefined && tool) this.#cache.set(key, tool, parsedBytes(json));
    return tool;
  }

  /** Which tools the session's own text has, and where. */
  async #readIndex(session: OfUser, hash: string, ahead = ""): Promise<PackedTool[] | undefined> {
    const isAhead = headOf(ahead)?.hash === hash;
    const first = isAhead ? ahead : ((await this.#part(session, 0, firstBytes)) ?? "");
    const head = headOf(first);
    if (head?.hash !== hash) return undefined;
    const end = head.indexStart + head.indexLength;
    const rest = end > first.length ? await this.#part(session, first.length, end - first.length) : "";
    const index = await indexIn((first + (rest ?? "")).slice(head.indexStart, end), head);
    if (index) this.#cache.set(indexKey(hash), index, 256 * (index.length + 1));
    return index;
  }

  #part(session: OfUser, start: number, length: number): Promise<string | undefined> {
    const value = { kind: "tools", id: session.sessionId } as const;
    return this.#driver.readPart({ partition: { user: session.userId }, value, start, length });
  }

  async #readAll(session: OfUser, hash: string): Promise<ReadList | undefined> {
    const first = (await this.#part(session, 0, firstBytes)) ?? "";
    const head = headOf(first);
    if (head?.hash !== hash) return undefined;
    const rest = first.length < firstBytes ? "" : await this.#part(session, firstBytes, Number.MAX_SAFE_INTEGER);
    return toolsIn(first + (rest ?? ""), head);
  }

  /** A list as versions before 0.3 stored it: under its hash, for all users who had it. */
  async #shared(hash: string): Promise<{ value: ToolInfo[] | undefined; bytes: number }> {
    const text = await sharedValue(this.#driver, "tool-list", hash).read(this.#ttl);
    if (text === undefined || createHash("sha256").update(text).digest("hex") !== hash) {
      return { value: undefined, bytes: 0 };
    }
    return { value: toolInfoSchema.array().safeParse(parseJson(text)).data, bytes: Buffer.byteLength(text) };
  }
}

/** All tools of a stored list, and their sizes; `undefined` if one of them is damaged. */
async function toolsIn(text: string, head: PackedHead): Promise<ReadList | undefined> {
  const index = await indexIn(text.slice(head.indexStart, head.indexStart + head.indexLength), head);
  const tools: ToolInfo[] = [];
  let [jsonBytes, bytes, sinceTurn] = [0, 0, 0];
  for (const entry of index ?? []) {
    const json = await toolJsonIn(text.slice(entry.start, entry.start + entry.length), entry);
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
