import type { EventId, McpConnectionEvent, McpSessionError } from "@mcp-assistant/protocol";
import type { Backend } from "../backend/backend.js";
import type { Network } from "./network.js";
import { delayAfter, visibleError } from "./retry-delay.js";
import { ObservableStreamState, type Stream, type StreamState } from "./stream-state.js";

/** Receives the events, and knows the last one. */
export interface EventSink {
  /** The id that a stream resumes from. Undefined if it has to begin with a snapshot. */
  readonly lastEventId: EventId | undefined;
  record(id: EventId, event: McpConnectionEvent): void;
}

export interface EventStreamOptions {
  backend: Pick<Backend, "openStream">;
  network: Network;
  /**
   * The user whose events are wanted. The server refuses the stream if another user is signed in. Undefined: the user who
   * is signed in when it first opens.
   */
  userKey: string | undefined;
  sink: EventSink;
}

/** How long (ms) a stream without a `userKey` must be open to count as live: a refused one opens, too. */
const settleMs = 100;

/**
 * The stream of all of a user's events from the server. However it was cut, it resumes after the last event that the
 * sink has, and it keeps trying as long as that can help.
 */
export class EventStream implements Stream {
  readonly state = new ObservableStreamState();
  readonly #options: EventStreamOptions;
  #userKey: string | undefined;
  #opened = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Ends the current subscription and ignores anything that it still reports. */
  #stop: () => void = () => undefined;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#userKey = options.userKey;
  }

  open(): () => void {
    this.#opened = true;
    const { network } = this.#options;
    const stopNetwork = network.subscribe(() => {
      if (network.online()) this.retry();
      else this.#show("reconnecting", this.state.get().error);
    });
    this.retry();
    return () => {
      this.#opened = false;
      this.#stop();
      stopNetwork();
    };
  }

  readonly retry = (): void => {
    if (!this.#opened) return;
    this.#failures = 0;
    this.#show(this.#options.sink.lastEventId === undefined ? "connecting" : "reconnecting", null);
    this.#connect();
  };

  #connect(): void {
    this.#stop();
    const attempt = new AbortController();
    const ifCurrent =
      <T extends unknown[]>(step: (...values: T) => void) =>
      (...values: T) => {
        if (!attempt.signal.aborted) step(...values);
      };
    const { backend, sink } = this.#options;
    const close = backend.openStream(
      { lastEventId: sink.lastEventId, userKey: this.#userKey },
      {
        opened: ifCurrent((userKey) => {
          this.#userKey ??= userKey;
          if (userKey !== undefined) return this.#live();
          clearTimeout(this.#timer);
          this.#timer = setTimeout(() => this.#live(), settleMs);
        }),
        event: ifCurrent((id, event) => {
          this.#live();
          sink.record(id, event);
        }),
        ended: ifCurrent((error) => this.#failed(error)),
      },
    );
    this.#stop = () => {
      attempt.abort();
      clearTimeout(this.#timer);
      close();
    };
  }

  #live(): void {
    this.#failures = 0;
    this.#show("live", null);
  }

  #failed(cause: McpSessionError): void {
    this.#stop();
    const error = cause.toJSON();
    if (!error.retryable) {
      this.#show("offline", error);
      return;
    }
    this.#failures += 1;
    this.#show("reconnecting", visibleError(error, this.#failures));
    this.#timer = setTimeout(() => this.#connect(), delayAfter(error, this.#failures));
  }

  #show(status: StreamState["status"], error: StreamState["error"]): void {
    this.state.set({ status: status === "live" || this.#options.network.online() ? status : "offline", error });
  }
}
