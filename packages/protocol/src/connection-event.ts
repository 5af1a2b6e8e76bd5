import * as z from "zod";
import { authUrlSchema } from "./auth-url.js";
import { connectionSchema } from "./connection.js";
import { connectionStateSchema } from "./connection-state.js";
import { errorInfoSchema } from "./error-code.js";
import { toolInfoSchema } from "./tool.js";

const ofSession = {
  sessionId: z.string(),
  serverId: z.string(),
  /** When it happened, by the store's clock. */
  at: z.iso.datetime(),
  /** The record's version at that moment. */
  v: z.number().int(),
};

const stateChanged = z.object({
  type: z.literal("state_changed"),
  ...ofSession,
  state: connectionStateSchema,
  /**
   * Null when the session has just been created. Equal to `state` when a working connection starts or stops offering a
   * sign-in for more permission.
   */
  previousState: connectionStateSchema.nullable(),
  /** The whole connection after the change, so that a reader never has to guess the rest. */
  connection: connectionSchema,
});

const toolsDiscovered = z.object({
  type: z.literal("tools_discovered"),
  ...ofSession,
  count: z.number().int(),
  hash: z.string(),
  /** Names that were not in the previous list: the first ones, up to 2,048 bytes. */
  added: z.array(z.string()),
  /** Names of the previous list that are gone: the first ones, up to 2,048 bytes. */
  removed: z.array(z.string()),
  /** How many names were added. Absent if `added` has them all. */
  addedCount: z.number().int().exactOptional(),
  /** How many names were removed. Absent if `removed` has them all. */
  removedCount: z.number().int().exactOptional(),
});

const authRequired = z.object({
  type: z.literal("auth_required"),
  ...ofSession,
  /** Our own sign-in page, never the authorization server's address. */
  authUrl: authUrlSchema,
});

const errorOccurred = z.object({ type: z.literal("error"), ...ofSession, error: errorInfoSchema });

const disconnected = z.object({ type: z.literal("disconnected"), ...ofSession, reason: z.string().nullable() });

const progress = z.object({ type: z.literal("progress"), ...ofSession, message: z.string() });

/** The server says that its list of resources, or of resource templates, has changed. Ask for it again when it is shown. */
const resourcesChanged = z.object({ type: z.literal("resources_changed"), ...ofSession });

/** The server says that its list of prompts has changed. Ask for it again when it is shown. */
const promptsChanged = z.object({ type: z.literal("prompts_changed"), ...ofSession });

/** The server says that a followed resource, or one below it, has changed. Read it again when it is shown. */
const resourceUpdated = z.object({ type: z.literal("resource_updated"), ...ofSession, uri: z.string() });

const sessionRemoved = z.object({ type: z.literal("session_removed"), ...ofSession });

/** Events that a reader gets exactly as the log stores them. */
const unchanged = [
  stateChanged,
  authRequired,
  progress,
  sessionRemoved,
  resourcesChanged,
  promptsChanged,
  resourceUpdated,
] as const;

/** An event as the log stores it: it refers to a tool list by its hash, and `error` is the whole error. */
export const loggedEventSchema = z.discriminatedUnion("type", [
  ...unchanged,
  errorOccurred,
  disconnected,
  toolsDiscovered,
]);
export type LoggedEvent = z.infer<typeof loggedEventSchema>;

const reset = z.object({
  type: z.literal("reset"),
  /** Never there, because it is about all connections. Declared so that `event.sessionId` can be read from any event. */
  sessionId: z.undefined().optional(),
  at: z.iso.datetime(),
  /** Every connection of the user, as of the envelope's id. */
  connections: z.array(connectionSchema),
});

/**
 * An event as a browser gets it: tool lists are filled in, and `reset` replaces everything known before. A `reset`
 * comes when the reader has no last id, or when the log does not reach back to it.
 */
export const connectionEventSchema = z.discriminatedUnion("type", [
  ...unchanged,
  errorOccurred.extend({
    /** What happened, for the user. */
    error: z.string(),
    /** The whole error: its code, what to do next, and more. */
    info: errorInfoSchema,
  }),
  disconnected.extend({
    /** Absent if the user disconnected it. */
    reason: z.string().exactOptional(),
  }),
  toolsDiscovered.extend({ tools: z.array(toolInfoSchema) }),
  reset,
]);
export type McpConnectionEvent = z.infer<typeof connectionEventSchema>;
