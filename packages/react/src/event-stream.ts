import type { ErrorInfo } from "@mcp-assistant/protocol";
import type { ConnectionsCache } from "./connections-cache.js";
import { browserNetwork, type Network } from "./network.js";
import { ObservableValue } from "./observable-value.js";
import { toSessionError } from "./session-error.js";
import type { McpTrpcClient } from "./trpc.js";

/**
 * `connecting`: for the first time. `live`: what happens is seen at once. `reconnecting`: what is shown is the last
 * known. `offline`: the browser has no network, or the stream has ended with an error that waiting does not cure.
 */
export type StreamStatus = "connecting" | "live" | "reconnecting" | "offline";

export interface StreamState {
  status: StreamStatus;
  /** Why the stream is not live, when that is known. */
  error: ErrorInfo | null;
}

/** The longest wait (ms) before the stream is opened again. */
const longestDelay = 10_000;

/** How long (ms) a stream must stand to count as live: one that is refused opens, too, and then says so. */
const settleTime = 100;

/** ms to wait after the nth failure in a row. Between half and all of it, so that not all browsers come at once. */
export function retryDelay(failures: number, random: () => number = Math.random): number {
  return Math.min(longestDelay, 500 * 2 ** (failures - 1)) * (0.5 + random() / 2);
}

/**
 * The one stream of all connections' events, into the cache. It resumes after the last event that the cache has,
 * however it was cut, and goes on trying as long as trying can help.
 */
export class EventStream {
  readonly state = new ObservableValue<StreamState>({ status: "connecting", error: null });
  readonly #client: McpTrpcClient;
  readonly #cache: ConnectionsCache;
  readonly #network: Network;
  #opened = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Ends the present subscription; whatever it still says is not heard. */
  #stop: () => void = () => undefined;

  constructor(client: McpTrpcClient, cache: ConnectionsCache, network: Network = browserNetwork) {
    this.#client = client;
    this.#cache = cache;
    this.#network = network;
  }

  /** Opens the stream, until the returned function is called. */
  open(): () => void {
    this.#opened = true;
    // Emptied while nobody looked, perhaps because the user has changed: the rest goes, too.
    if (!this.#cache.connections) this.#cache.forget();
    const stopCache = this.#cache.onEmptied(this.retry);
    const stopNetwork = this.#network.subscribe(() => {
      if (this.#network.online()) this.retry();
      else this.#show("reconnecting", this.state.get().error);
    });
    this.#connect();
    return () => {
      this.#opened = false;
      this.#stop();
      stopNetwork();
      stopCache();
    };
  }

  /** Tries again now, also after an error that ended the stream. */
  readonly retry = (): void => {
    if (!this.#opened) return;
    this.#failures = 0;
    this.#show(this.#cache.connections ? "reconnecting" : "connecting", null);
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
    const { lastEventId } = this.#cache;
    const subscription = this.#client.mcp.events.subscribe.subscribe(
      { lastEventId },
      {
        onData: heard(({ id, data }) => {
          this.#live();
          this.#cache.record(id, data);
        }),
        onConnectionStateChange: heard(({ state, error }) => {
          clearTimeout(this.#timer);
          if (state === "pending") this.#timer = setTimeout(() => this.#live(), settleTime);
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
    if (error.retryable) {
      this.#failures += 1;
      // A stream that was cut is back at once: only an app that stays away is worth a word.
      const isCut = error.code === "APP_UNREACHABLE" && this.#failures === 1;
      this.#show("reconnecting", isCut ? null : error);
      this.#timer = setTimeout(() => this.#connect(), retryDelay(this.#failures));
      return;
    }
    // Whoever signs in next may be somebody else.
    if (error.code === "UNAUTHENTICATED") this.#cache.forget();
    this.#show("offline", error);
  }

  #show(status: StreamStatus, error: ErrorInfo | null): void {
    const shown = status === "live" || this.#network.online() ? status : "offline";
    const before = this.state.get();
    if (before.status !== shown || before.error !== error) this.state.set({ status: shown, error });
  }
}
