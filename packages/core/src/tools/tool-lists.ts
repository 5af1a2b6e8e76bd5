import { createHash } from "node:crypto";
import { type ToolInfo, toolInfoSchema } from "@mcp-assistant/protocol";
import { parseJson } from "../parse-json.js";
import type { DiscoveredTools } from "../session/move.js";
import type { StorageDriver } from "../session/storage-driver.js";
import { sharedValue } from "../values/stored-value.js";

const nameOf = ({ name }: ToolInfo) => name;
const sizes = new WeakMap<readonly ToolInfo[], number>();

function bytesOf(tools: readonly ToolInfo[]): number {
  const bytes = sizes.get(tools) ?? Buffer.byteLength(JSON.stringify(tools));
  sizes.set(tools, bytes);
  return bytes;
}

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");

/**
 * Tool lists, stored by the hash of their content. They are immutable and shared by all users who see the same tools.
 */
export class ToolLists {
  readonly #driver: StorageDriver;
  readonly #ttl: number;

  constructor(driver: StorageDriver, ttl: number) {
    this.#driver = driver;
    this.#ttl = ttl;
  }

  /** Stores a list that was just read from the server, and returns what the record and the event say about it. */
  async discover(tools: readonly ToolInfo[], knownHash: string | undefined): Promise<DiscoveredTools> {
    const [hash, before] = await Promise.all([this.put(tools), knownHash ? this.get(knownHash) : undefined]);
    const [had, has] = [new Set(before?.map(nameOf)), new Set(tools.map(nameOf))];
    return {
      hash,
      count: tools.length,
      added: [...has].filter((name) => !had.has(name)),
      removed: [...had].filter((name) => !has.has(name)),
    };
  }

  /** Stores a list and returns its hash: SHA-256 of its JSON text, hexadecimal. */
  async put(tools: readonly ToolInfo[]): Promise<string> {
    const text = JSON.stringify(tools);
    const hash = hashOf(text);
    await sharedValue(this.#driver, "tool-list", hash).write(text, this.#ttl);
    return hash;
  }

  /**
   * Reads a list and extends its lifetime. `undefined` if it is gone or damaged; the tools can then be listed again.
   */
  async get(hash: string): Promise<ToolInfo[] | undefined> {
    const text = await sharedValue(this.#driver, "tool-list", hash).read(this.#ttl);
    if (text === undefined || hashOf(text) !== hash) return undefined;
    return toolInfoSchema.array().safeParse(parseJson(text)).data;
  }

  /** The same, and how many bytes of JSON the list has. */
  async sized(hash: string): Promise<{ value: ToolInfo[] | undefined; bytes: number }> {
    const value = await this.get(hash);
    return { value, bytes: value ? bytesOf(value) : 0 };
  }
}
