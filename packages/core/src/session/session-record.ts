import { connectionStateSchema, eraSchema, errorInfoSchema, transportTypeSchema } from "@mcp-assistant/protocol";
import { z } from "zod";
import { SessionUnreadableError } from "../errors.js";

/** A lease on a transitional state: who works on it, and until when (ms, the store's clock). */
const workSchema = z.object({ owner: z.string(), until: z.number() });

/** What the last 401 or 403 said: RFC 9728 resource metadata URL and the scope it asked for. */
const challengeSchema = z.object({ resourceMetadataUrl: z.string().nullable(), scope: z.string().nullable() });

export type Challenge = z.infer<typeof challengeSchema>;

const recordSchema = z.object({
  v: z.number().int().positive(),
  format: z.literal(1),
  sessionId: z.string(),
  userId: z.string(),
  serverId: z.string(),
  serverName: z.string(),
  serverUrl: z.string(),
  callbackUrl: z.string(),
  transportType: transportTypeSchema,
  active: z.boolean(),
  state: connectionStateSchema,
  /** ms since the epoch, like every time in a record. */
  createdAt: z.number(),
  stateSince: z.number(),
  /** When it was first CONNECTED: from then on a connect is a reconnect. */
  connectedAt: z.number().nullable(),
  work: workSchema.nullable(),
  /** The sign-in that is under way. A callback of another flow changes nothing. */
  flow: z.string().nullable(),
  challenge: challengeSchema.nullable(),
  era: eraSchema.nullable(),
  tools: z.object({ hash: z.string(), count: z.number().int() }).nullable(),
  error: errorInfoSchema.nullable(),
  reason: z.string().nullable(),
});

/** Our durable record of one user × one MCP server. It holds no secret. */
export type SessionRecord = z.infer<typeof recordSchema>;

/** How a record of each older format becomes one of the next. */
type Upgrades = Readonly<Record<number, (record: Record<string, unknown>) => Record<string, unknown>>>;
const upgrades: Upgrades = {};

/** A stored record in today's format, whichever version wrote it; one of a later format stays as it is. */
export function upgradeRecord(record: unknown, steps: Upgrades = upgrades): unknown {
  let upgraded = z.looseObject({ format: z.number() }).safeParse(record).data;
  if (!upgraded) return record;
  for (let step = steps[upgraded.format]; step; step = steps[upgraded.format]) {
    upgraded = { ...step(upgraded), format: upgraded.format + 1 };
  }
  return upgraded;
}

/** The record as stored: `v` comes first, so that a script can compare versions by looking at the head alone. */
export function encodeRecord({ v, ...rest }: SessionRecord): string {
  return JSON.stringify({ v, ...rest });
}

/** The text that a stored record of this version begins with. */
export function recordHead(v: number): string {
  return `{"v":${v},`;
}

/** Throws a {@link SessionUnreadableError} that names the session. */
export function decodeRecord(sessionId: string, text: string): SessionRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SessionUnreadableError("record", sessionId, cause);
  }
  const parsed = recordSchema.safeParse(upgradeRecord(value));
  if (!parsed.success) throw new SessionUnreadableError("record", sessionId, parsed.error);
  return parsed.data;
}
