import type { EventId, McpConnectionEvent } from "@mcp-assistant/protocol";
import { toSessionError } from "../app/session-error.js";
import type { McpTrpcClient } from "../app/trpc.js";
import type { Network } from "./network.js";
import { delayAfter, toldError } from "./retry-delay.js";
import { ObservableStreamState, type Stream, type StreamState } from "./stream-state.js";

/** Where events go, and what is known of them. */
export interface EventSink {
  /** Where a stream resumes; undefined when it has to begin with a snapshot. */
  readonly lastEventId: EventId | undefined;
  record(id: EventId, event: McpConnectionEvent): void;
}

export interface EventStreamOptions {
  client: McpTrpcClient;
  network: Network;
  /** Whose events are wanted: the server refuses the stream when somebody else is signed in. */
  userKey: string;
  sink: EventSink;
}

/** How long (ms) a stream must stand to count as live: one that is refused opens, too, and then says so. */
const settleMs = 100;

/**
 * The one stream of all a user's events from the server. It resumes after the last event that the sink has, however it
 * was cut, and goes on trying as long as trying can help.
 */
export class EventStream implements Stream {
  readonly state = new ObservableStreamState();
  readonly #options: EventStreamOptions;
  #opened = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Ends the present subscription; whatever it still says is not heard. */
  #stop: () => void = () => undefined;

  constructor(options: EventStreamOptions) {
    this.#options = options;
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
    const heard =
      <T extends unknown[]>(step: (...values: T) => void) =>
      (...values: T) => {
        if (!attempt.signal.aborted) step(...values);
      };
    const { client, sink, userKey } = this.#options;
    const subscription = client.mcp.events.subscribe.subscribe(
      { lastEventId: sink.lastEventId, userKey },
      {
        onData: heard(({ id, data }) => {
          this.#live();
          sink.record(id, data);
        }),
        onConnectionStateChange: heard(({ state, error }) => {
          clearTimeout(this.#timer);
          if (state === "pending") this.#timer = setTimeout(() => this.#live(), settleMs);
          // Left alone, an EventSource would ask again twice a second for as long as it lasts.
          else if (error) this.#failed(error);
        }),
        onError: heard((error) => this.#failed(error)),
        onComplete: heard(() => this.#failed(undefined)),
      },
    );
    this.#stop = () => {
      attempt.abort();
      clearTimeout(this.#timer);
      subscription.unsubscribe();
    };
  }

  #live(): void {
    this.#failures = 0;
    this.#show("live", null);
  }

  #failed(cause: unknown): void {
    this.#stop();
    const error = toSessionError(cause).toJSON();
    if (!error.retryable) {
      this.#show("offline", error);
      return;
    }
    this.#failures += 1;
    this.#show("reconnecting", toldError(error, this.#failures));
    this.#timer = setTimeout(() => this.#connect(), delayAfter(error, this.#failures));
  }

  #show(status: StreamState["status"], error: StreamState["error"]): void {
    this.state.set({ status: status === "live" || this.#options.network.online() ? status : "offline", error });
  }
}
