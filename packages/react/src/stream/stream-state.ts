import { errorInfoSchema } from "@mcp-assistant/protocol";
import * as z from "zod";
import { ObservableValue } from "../cache/observable-value.js";

/** What the page is told of its event stream. One tab tells it to the others, so there is a schema of it. */
export const streamStateSchema = z.object({
  /**
   * `connecting`: for the first time. `live`: what happens is seen at once. `reconnecting`: what is shown is the last
   * known. `offline`: the browser has no network, or the stream has ended with an error that waiting does not cure.
   */
  status: z.enum(["connecting", "live", "reconnecting", "offline"]),
  /** Why the stream is not live, when that is known. */
  error: errorInfoSchema.nullable(),
});

export type StreamState = z.infer<typeof streamStateSchema>;
export type StreamStatus = StreamState["status"];

/** A stream of events into the cache, wherever they come from. */
export interface Stream {
  readonly state: ObservableStreamState;
  /** Begins, until the returned function is called. */
  open(): () => void;
  /** Tries again now, also after an error that ended the stream. */
  retry(): void;
}

/** Tells only what has changed: the same state from another tab is another object. */
export class ObservableStreamState extends ObservableValue<StreamState> {
  constructor() {
    super({ status: "connecting", error: null });
  }

  override set(next: StreamState): void {
    const { status, error } = this.get();
    const isSame = status === next.status && error?.code === next.error?.code && error?.message === next.error?.message;
    if (!isSame) super.set(next);
  }
}
