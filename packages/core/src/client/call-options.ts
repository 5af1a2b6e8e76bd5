import * as z from "zod";
import { checkedInput } from "../checked-input.js";
import { type Listeners, logLevelSchema } from "../server/listeners.js";

/** What a caller may set for one call of a tool. */
export interface CallToolOptions extends Listeners {
  /** Aborting it ends the call with `CANCELLED`, and tells the server. */
  signal?: AbortSignal | undefined;
  /**
   * How long (ms) the server may take for the call, whatever progress it reports: instead of `limits.requestTimeout`, and
   * at most `limits.totalRequestTimeout`. What comes before the request, such as a connect, is not counted.
   */
  timeoutMs?: number | undefined;
  /**
   * The caller's own name for the call, unique among the user's, at most 64 characters. With it, the user's open event
   * streams get the progress of the call as `call_progress` events.
   */
  callId?: string | undefined;
}

const schema = z.object({
  timeoutMs: z.number().positive().optional(),
  callId: z.string().min(1).max(64).optional(),
  logLevel: logLevelSchema.optional(),
});

/** A host without a type checker may pass anything. Throws `INVALID_INPUT`. */
export function checkCallOptions(options: CallToolOptions): void {
  checkedInput(schema, options);
}
