import * as z from "zod";
import { connectionStateSchema } from "./connection-state.js";
import { errorInfoSchema } from "./error-code.js";

/**
 * How to reach a server: by Streamable HTTP, or by HTTP+SSE, the transport before it (MCP 2024-11-05). `auto` tries what the
 * server speaks, newest first. HTTP+SSE is not spoken yet: Streamable HTTP is tried for it, too.
 */
export const transportTypeSchema = z.enum(["auto", "streamable-http", "sse"]);
export type TransportType = z.infer<typeof transportTypeSchema>;

/** `legacy`: MCP revisions up to 2025-11-25. `modern`: 2026-07-28. */
export const eraSchema = z.enum(["legacy", "modern"]);
export type Era = z.infer<typeof eraSchema>;

const instant = z.iso.datetime();

/** The address of our own sign-in page. Pages make a link of it, so nothing may come here that a browser would run. */
export const authUrlSchema = z.url({ protocol: /^https?$/ });

/** A session as its user sees it. Times are ISO strings by the store's clock. Nothing here is secret. */
export const connectionSchema = z.object({
  sessionId: z.string(),
  serverId: z.string(),
  serverName: z.string(),
  serverUrl: z.string(),
  /** What is used: `streamable-http` once it was connected. Before, what its user asked to try first. */
  transportType: transportTypeSchema,
  /** False after the user disconnected. */
  active: z.boolean(),
  state: connectionStateSchema,
  /** Grows with every change of the record; a reader drops what is older than what it has. */
  v: z.number().int(),
  createdAt: instant,
  stateSince: instant,
  /** When a transitional state ends by itself unless somebody goes on with it. */
  until: instant.nullable(),
  era: eraSchema.nullable(),
  /** How many tools the server showed when they were last listed. */
  toolCount: z.number().int().nullable(),
  /** The names of the custom headers that its requests carry. Their values are never shown again. */
  headerNames: z.array(z.string()),
  /** Why a FAILED connection failed. */
  error: errorInfoSchema.nullable(),
  /** Why a DISCONNECTED connection is so, for the user. */
  reason: z.string().nullable(),
  /** Whether a sign-in at the server is kept: there is something to sign out of. */
  signedIn: z.boolean().default(false),
  /**
   * Our own sign-in page for this connection, while a sign-in is wanted; on a CONNECTED one, a sign-in for more permission
   * than it has. Fresh at every visit, safe to copy.
   */
  authUrl: authUrlSchema.nullable(),
});

export type Connection = z.infer<typeof connectionSchema>;
