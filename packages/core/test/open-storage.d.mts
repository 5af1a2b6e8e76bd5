import type { ToolInfo } from "@mcp-assistant/protocol";
import type { Mcp } from "../src/mcp.js";
import type { SessionRecord } from "../src/session/session-record.js";
import type { Storage } from "../src/storage/storage.js";

/** The built storage at a Redis URL, without logging or encryption. */
export function openStorage(url: string): Storage;

/** The built library on the same Redis, with a base URL that no server listens on. */
export function openMcp(url: string): Mcp;

/** Gives a stored session a list of tools. */
export function storeTools(
  storage: Pick<Storage, "driver" | "sessions">,
  record: SessionRecord,
  tools: readonly ToolInfo[],
): Promise<void>;
