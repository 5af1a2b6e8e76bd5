import { connectionStateSchema, eraSchema, errorInfoSchema, transportTypeSchema } from "@mcp-assistant/protocol";
import * as z from "zod";
import { SessionUnreadableError } from "../errors.js";

/** ms since the epoch by the store's clock, up to the year 9999: the times that an event can show in ISO 8601. */
const timeSchema = z
  .number()
  .min(0)
  .max(Date.UTC(9999, 11, 31));

/** A lease on a transitional state: its owner, and when it ends. */
const workSchema = z.object({ owner: z.string(), until: timeSchema });

/** What the last 401 or 403 named: the RFC 9728 resource metadata URL and the scope it asked for. */
const challengeSchema = z.object({ resourceMetadataUrl: z.string().nullable(), scope: z.string().nullable() });

export type Challenge = z.infer<typeof challengeSchema>;

const recordSchema = z.object({
  v: z.number().int().positive(),
  format: z.literal(1),
  sessionId: z.string(),
  userId: z.string(),
  serverId: z.string(),
  serverName: z.string(),
  serverUrl: z.url({ protocol: /^https?$/ }),
  callbackUrl: z.string(),
  transportType: transportTypeSchema,
  active: z.boolean(),
  state: connectionStateSchema,
  createdAt: timeSchema,
  stateSince: timeSchema,
  /** When it was first CONNECTED. From then on, a connect is a reconnect. */
  connectedAt: timeSchema.nullable(),
  work: workSchema.nullable(),
  /** The sign-in in progress. A callback of another flow changes nothing. */
  flow: z.string().nullable(),
  /** The IDs of the last attempts of that sign-in, oldest first. Older records have no such field. */
  attempts: z.array(z.string()).default([]),
  challenge: challengeSchema.nullable(),
  /** The custom headers of its requests: their names, and a version that changes whenever they do. */
  headers: z
    .object({ version: z.string(), names: z.array(z.string()) })
    .nullable()
    .default(null),
  /**
   * How often in a row the server wanted more scope since the last successful call. Older records have no such field.
   */
  stepUps: z.number().int().min(0).default(0),
  era: eraSchema.nullable(),
  /** The last list of tools, and when the server was last asked for it. Older records have no such time. */
  tools: z
    .object({ hash: z.string(), count: z.number().int(), listedAt: timeSchema.nullable().default(null) })
    .nullable(),
  error: errorInfoSchema.nullable(),
  reason: z.string().nullable(),
  /** Whether credentials of a sign-in are stored with it. Older records have no such field. */
  signedIn: z.boolean().default(false),
});

/** Our durable record of one user × one MCP server. It contains no secret. */
export type SessionRecord = z.infer<typeof recordSchema>;

/** How a record of each older format becomes one of the next format. */
type Upgrades = Readonly<Record<number, (record: Record<string, unknown>) => Record<string, unknown>>>;
const upgrades: Upgrades = {};

const formatted = z.looseObject({ format: z.number() });

/** A stored record in the current format, no matter which version wrote it. One of a later format stays as it is. */
export function upgradeRecord(record: unknown, steps: Upgrades = upgrades): unknown {
  let upgraded = formatted.safeParse(record).data;
  if (!upgraded) return record;
  for (let step = steps[upgraded.format]; step; step = steps[upgraded.format]) {
    upgraded = { ...step(upgraded), format: upgraded.format + 1 };
  }
  return upgraded;
}

/** The record as stored. `v` comes first, so that a script can compare versions by the head alone. */
export function encodeRecord({ v, ...rest }: SessionRecord): string {
  return JSON.stringify({ v, ...rest });
}

/** The text that a stored record of this version begins with. */
export function recordHead(v: number): string {
  return `{"v":${v},`;
}

/**
 * The record in a stored text. Throws a {@link SessionUnreadableError} that names the session. It also throws if the
 * text does not begin with the version: no compare-and-set could ever replace it, and a writer would try forever.
 */
export function decodeRecord(sessionId: string, text: string): SessionRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SessionUnreadableError("record", sessionId, cause);
  }
  const parsed = recordSchema.safeParse(upgradeRecord(value));
  if (!parsed.success) throw new SessionUnreadableError("record", sessionId, parsed.error);
  if (!text.startsWith(recordHead(parsed.data.v))) throw new SessionUnreadableError("record", sessionId);
  return parsed.data;
}

/** What is stored under a session ID, and whether the user's index lists it. */
export interface StoredRecord {
  sessionId: string;
  record: string;
  named: boolean;
}

/**
 * The record, if it is this user's. Throws a {@link SessionUnreadableError} if the user's index lists it and it is
 * unreadable or is the record of another of the user's sessions: a write would go there.
 */
export function ownRecord(userId: string, { sessionId, record: text, named }: StoredRecord): SessionRecord | undefined {
  try {
    const record = decodeRecord(sessionId, text);
    if (record.userId !== userId) return undefined;
    if (record.sessionId !== sessionId) throw new SessionUnreadableError("record", sessionId);
    return record;
  } catch (error) {
    if (named) throw error;
    return undefined;
  }
}
