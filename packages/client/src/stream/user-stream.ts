import type { ErrorInfo, McpErrorCode } from "@mcp-assistant/protocol";
import type { Backend } from "../backend/backend.js";
import type { ConnectionsStore } from "../store/connections-store.js";
import type { Network } from "./network.js";
import type { PageVisits } from "./page-visits.js";
import { delayAfter, visibleError } from "./retry-delay.js";
import { ObservableStreamState, type Stream, type StreamState } from "./stream-state.js";
import { askUserKey } from "./user-key.js";

/** Where tabs report who they think is signed in. A tab that thinks otherwise asks the app. */
export interface UsersChannel {
  /** Sends a user's key, or null if no user is signed in, to all other tabs. */
  post(userKey: string | null): void;
  close(): void;
}

export interface UserStreamOptions {
  backend: Backend;
  store: ConnectionsStore;
  network: Network;
  visits: PageVisits;
  /** Makes the stream of one user's events. */
  streamOf(userKey: string): Stream;
  /** Undefined if tabs share nothing. */
  openUsersChannel: ((receive: (userKey: unknown) => void) => UsersChannel) | undefined;
}

/** The codes that a stream ends with when its user is no longer signed in. */
const refusals: ReadonlySet<McpErrorCode> = new Set(["USER_CHANGED", "UNAUTHENTICATED"]);

/** A stream that was refused although the app had named this user. */
interface Refusal {
  userKey: string;
  error: ErrorInfo;
}

/**
 * The event stream of the signed-in user. It first asks the app who that is, and asks again when the page is seen, when
 * another tab has found another user, and when a stream is refused. If the user has changed, it drops the previous
 * user's data and starts again.
 */
export class UserStream implements Stream {
  readonly state = new ObservableStreamState();
  readonly #options: UserStreamOptions;
  #opened = false;
  /** The signed-in user, as the app last answered. Undefined while it is being asked, and without a user. */
  #userKey: string | undefined;
  #stream: Stream | undefined;
  #users: UsersChannel | undefined;
  /** The signed-in user, as another tab last reported. */
  #reportedUser: unknown;
  /** Aborts the request of {@link #checkUser}: only the latest answer counts. */
  #checking = new AbortController();
  /** Aborted when the current question or stream is over. */
  #lifetime = new AbortController();

  constructor(options: UserStreamOptions) {
    this.#options = options;
  }

  open(): () => void {
    const { store, network, visits } = this.#options;
    this.#opened = true;
    const stops = [
      store.restarts.subscribe(() => this.#begin()),
      store.owner.subscribe(() => {
        if (this.#userKey !== undefined && store.owner.get() !== this.#userKey) this.#begin();
      }),
      network.subscribe(() => {
        if (!this.#stream) this.#begin();
      }),
      visits.subscribe({
        seen: () => void this.#checkUser(),
        left: () => this.#leave(),
        restored: () => this.#begin(),
      }),
    ];
    this.#begin();
    return () => {
      this.#opened = false;
      this.#leave();
      for (const stop of stops) stop();
    };
  }

  readonly retry = (): void => {
    if (this.#stream) this.#stream.retry();
    else this.#begin();
  };

  #leave(): void {
    this.#userKey = undefined;
    this.#stream = undefined;
    this.#lifetime.abort();
    this.#checking.abort();
  }

  #begin(refusal?: Refusal): void {
    this.#leave();
    if (!this.#opened) return;
    this.#lifetime = new AbortController();
    const { signal } = this.#lifetime;
    const users = this.#options.openUsersChannel?.((userKey) => {
      this.#reportedUser = userKey ?? undefined;
      if (this.#reportedUser !== this.#userKey) void this.#checkUser();
    });
    signal.addEventListener("abort", () => users?.close());
    this.#users = users;
    this.#reportedUser = undefined;
    this.#showWaiting(null);
    void this.#enter(signal, refusal);
  }

  /** Asks who is signed in until there is an answer, and opens that user's stream. */
  async #enter(signal: AbortSignal, refusal: Refusal | undefined): Promise<void> {
    for (let failures = 0; ; ) {
      const answer = await askUserKey(this.#options.backend, signal);
      if (signal.aborted) return;
      if ("userKey" in answer) {
        // Another user may have signed in while the answer was on its way.
        if (this.#reportedUser !== undefined && this.#reportedUser !== answer.userKey) {
          this.#reportedUser = undefined;
          continue;
        }
        this.#userKey = answer.userKey;
        // The app contradicts itself: trying again would never end.
        if (answer.userKey === refusal?.userKey) this.state.set({ status: "offline", error: refusal.error });
        else this.#start(answer.userKey, signal);
        return;
      }
      const { error } = answer;
      if (!error.retryable) {
        if (refusals.has(error.code)) {
          this.#options.store.switchUser(undefined);
          this.#users?.post(null);
        }
        this.state.set({ status: "offline", error });
        return;
      }
      failures += 1;
      this.#showWaiting(visibleError(error, failures));
      await new Promise((resolve) => setTimeout(resolve, delayAfter(error, failures)));
      if (signal.aborted) return;
    }
  }

  #start(userKey: string, signal: AbortSignal): void {
    this.#users?.post(userKey);
    this.#options.store.switchUser(userKey);
    const stream = this.#options.streamOf(userKey);
    this.#stream = stream;
    const stopWatching = stream.state.subscribe(() => this.#watch(userKey, stream.state.get()));
    const close = stream.open();
    signal.addEventListener("abort", () => {
      stopWatching();
      close();
    });
  }

  #watch(userKey: string, state: StreamState): void {
    const { error } = state;
    if (error && refusals.has(error.code)) {
      this.#leave();
      this.#options.store.switchUser(undefined);
      this.#begin({ userKey, error });
    } else {
      this.state.set(state);
    }
  }

  /** Checks, when the page is seen, whether it is still the same user. Without an answer, nothing changes. */
  async #checkUser(): Promise<void> {
    if (!this.#stream) {
      if (this.state.get().status === "offline") this.#begin();
      return;
    }
    this.#checking.abort();
    this.#checking = new AbortController();
    const { signal } = this.#checking;
    const answer = await askUserKey(this.#options.backend, signal);
    if (signal.aborted) return;
    // If this changes the owner, the stream starts again.
    if ("userKey" in answer) this.#options.store.switchUser(answer.userKey);
    else if (refusals.has(answer.error.code)) this.#options.store.switchUser(undefined);
  }

  #showWaiting(error: ErrorInfo | null): void {
    const { store, network } = this.#options;
    const waiting = store.lastEventId !== undefined ? "reconnecting" : "connecting";
    // Offline, or after a failure, this is no longer the first connect.
    this.state.set({ status: !network.online() ? "offline" : error ? "reconnecting" : waiting, error });
  }
}
