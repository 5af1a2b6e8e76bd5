import type { ErrorInfo } from "@mcp-assistant/protocol";
import { ObservableValue } from "../store/observable-value.js";

/**
 * `connecting`: for the first time. `live`: changes are shown immediately. `reconnecting`: the stream was cut and opens
 * again on its own; the page shows the last known state. `offline`: the stream is not open, the browser has no network,
 * or the stream has ended with an error that waiting does not fix.
 */
export type StreamStatus = "connecting" | "live" | "reconnecting" | "offline";

/** What the page knows about its event stream. */
export interface StreamState {
  status: StreamStatus;
  /** Why the stream is not live, if known. */
  error: ErrorInfo | null;
}

/** A stream of events into the store, from the server or another tab. */
export interface Stream {
  readonly state: ObservableStreamState;
  /** Starts the stream. The returned function ends it. */
  open(): () => void;
  /** Retries now, also after an error that ended the stream. */
  retry(): void;
}

/** Notifies only of real changes: the same state from another tab is another object. */
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
