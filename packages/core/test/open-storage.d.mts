import type { Mcp } from "../src/mcp.js";
import type { Storage } from "../src/storage/storage.js";
import type { ToolLists } from "../src/tools/tool-lists.js";

/** The built storage at a Redis URL, without logging or encryption. */
export function openStorage(url: string): Storage;

/** The built library on the same Redis, with a base URL that no server listens on. */
export function openMcp(url: string): Mcp;

/** The tool lists kept in a storage. */
export function toolListsOf(storage: Pick<Storage, "driver">): ToolLists;
