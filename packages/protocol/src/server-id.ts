import * as z from "zod";
import { parseUrl } from "./parse-url.js";

/** The longest serverId (characters). */
const maxLength = 64;

/** The user's own short name of a server: unique among their connections, and part of the sessionId. */
export const serverIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, `A serverId must be 1 to ${maxLength} letters, digits, _ or -`);

/**
 * A serverId that a page and a server can both derive from the address of an MCP server: its host and path, with `_` for
 * everything but letters and digits. The query is left out, because it may contain a key. So give addresses that differ
 * only in their query, in punctuation, or after 64 characters a serverId of your own. Without an address, it is `server`.
 */
export function sanitizeServerId(serverUrl: string): string {
  const url = parseUrl(serverUrl.trim());
  const readable = `${url?.host ?? ""}${url?.pathname ?? ""}`.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return readable.slice(0, maxLength).replace(/_+$/, "") || "server";
}
