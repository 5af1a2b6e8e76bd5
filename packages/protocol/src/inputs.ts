import { z } from "zod";
import { authUrlSchema, transportTypeSchema } from "./connection.js";
import { connectionStateSchema } from "./connection-state.js";
import { errorInfoSchema } from "./error-code.js";
import { isEventId } from "./event-id.js";

const sessionId = z.string().min(1).max(256);

export const sessionInputSchema = z.object({ sessionId });

export const connectInputSchema = z.object({
  /** The MCP endpoint, http(s), without credentials. */
  serverUrl: z.string().trim().min(1).max(2048),
  /** What the user calls it; the host of the URL when absent. */
  serverName: z.string().trim().min(1).max(128).optional(),
  /** One session per user and serverId: give a second one for a second account at the same server. */
  serverId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, "A serverId has 1 to 64 letters, digits, _ or -")
    .optional(),
  transportType: transportTypeSchema.optional(),
});
export type ConnectInput = z.infer<typeof connectInputSchema>;

/**
 * What a connect or reconnect came to: CONNECTED, AUTHENTICATING (then `authUrl` is our sign-in page), FAILED (then
 * `error` says why) or DISCONNECTED, when somebody cancelled it meanwhile.
 */
export const connectResultSchema = z.object({
  sessionId: z.string(),
  state: connectionStateSchema,
  authUrl: authUrlSchema.nullable(),
  error: errorInfoSchema.nullable(),
});
export type ConnectResult = z.infer<typeof connectResultSchema>;

export const callToolInputSchema = z.object({
  sessionId,
  name: z.string().min(1).max(256),
  arguments: z.record(z.string(), z.unknown()).default({}),
});

/** A place in the event log. Text of another form is refused here, because the log could only fail on it, for ever. */
const eventId = z.string().refine(isEventId, { error: "This is not the id of an event" });

export const subscribeInputSchema = z
  .object({
    /** Must be part of every subscription's input: tRPC puts it there when it resumes. */
    lastEventId: eventId.nullish(),
    /** Whose events the reader wants: with the key of another than the signed-in user, the stream ends. */
    userKey: z.string().max(64).nullish(),
  })
  .optional();
