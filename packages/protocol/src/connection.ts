import * as z from "zod";
import { authUrlSchema } from "./auth-url.js";
import { connectionStateSchema } from "./connection-state.js";
import { errorInfoSchema } from "./error-code.js";

/**
 * How to reach a server: over Streamable HTTP, or over its predecessor HTTP+SSE (MCP 2024-11-05). `auto` tries them,
 * newest first. HTTP+SSE is not supported yet: `sse` tries Streamable HTTP, too.
 */
export const transportTypeSchema = z.enum(["auto", "streamable-http", "sse"]);
export type TransportType = z.infer<typeof transportTypeSchema>;

/** `legacy`: MCP revisions up to 2025-11-25. `modern`: 2026-07-28. */
export const eraSchema = z.enum(["legacy", "modern"]);
export type Era = z.infer<typeof eraSchema>;

const instant = z.iso.datetime();

/** A session as its user sees it. Times are ISO strings by the store's clock. It contains no secrets. */
export const connectionSchema = z.object({
  sessionId: z.string(),
  serverId: z.string(),
  serverName: z.string(),
  serverUrl: z.string(),
  /** The transport in use: `streamable-http` after the first connect. Before that, the one that the user asked for. */
  transportType: transportTypeSchema,
  /** False after the user disconnected. */
  active: z.boolean(),
  state: connectionStateSchema,
  /** Grows with every change of the record. Readers drop versions older than the one they have. */
  v: z.number().int(),
  createdAt: instant,
  stateSince: instant,
  /** When a transitional state ends automatically unless a process continues it. */
  until: instant.nullable(),
  era: eraSchema.nullable(),
  /** How many tools the server had when they were last listed. */
  toolCount: z.number().int().nullable(),
  /** When its tools were last listed. Null before that, and for a list of an earlier version of this app. */
  toolsListedAt: instant.nullable().default(null),
  /** The names of the custom headers of its requests. Their values are never shown again. */
  headerNames: z.array(z.string()),
  /** Why a FAILED connection failed. */
  error: errorInfoSchema.nullable(),
  /** Why a DISCONNECTED connection is disconnected, for the user. */
  reason: z.string().nullable(),
  /** Whether a sign-in at the server is stored, so that there is something to sign out of. */
  signedIn: z.boolean().default(false),
  /**
   * Our own sign-in page for this connection while it needs a sign-in. On a CONNECTED one, this is a sign-in for more
   * permission than it has. Each visit starts a new attempt, so the address is safe to copy.
   */
  authUrl: authUrlSchema.nullable(),
});

export type Connection = z.infer<typeof connectionSchema>;

/** Whether the user has to sign in before the connection works. A working one may ask for more permission as well. */
export function needsSignIn({ state, authUrl }: Pick<Connection, "state" | "authUrl">): boolean {
  return state !== "CONNECTED" && authUrl !== null;
}
