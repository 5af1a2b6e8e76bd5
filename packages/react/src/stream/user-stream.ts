import type { ErrorInfo, McpErrorCode } from "@mcp-assistant/protocol";
import type { McpTrpcClient } from "../app/trpc.js";
import type { ConnectionsCache } from "../cache/connections-cache.js";
import { EventStream } from "./event-stream.js";
import type { Network } from "./network.js";
import type { PageVisits } from "./page-visits.js";
import { delayAfter, toldError } from "./retry-delay.js";
import { SharedStream } from "./shared-stream.js";
import { ObservableStreamState, type Stream, type StreamState } from "./stream-state.js";
import type { TabChannel, Tabs } from "./tabs.js";
import { askUserKey } from "./user-key.js";

export interface UserStreamOptions {
  client: McpTrpcClient;
  cache: ConnectionsCache;
  network: Network;
  visits: PageVisits;
  /** Undefined where tabs cannot share a stream. */
  tabs: Tabs | undefined;
}

/** What a stream ends with when its user is not the one who is signed in any more. */
const refusals: ReadonlySet<McpErrorCode> = new Set(["USER_CHANGED", "UNAUTHENTICATED"]);

/** Where tabs say who is signed in, as far as they know. Whoever believes another one asks the app. */
const usersChannel = "users";

/** A stream that was refused although the app said that this is the user. */
interface Refusal {
  userKey: string;
  error: ErrorInfo;
}

/**
 * The event stream of whoever is signed in. Asks that first, and again when somebody looks at the page, when another tab
 * has found another user, and when a stream is refused. When it is another user, everything that was told to the one
 * before is dropped, and it begins anew.
 */
export class UserStream implements Stream {
  readonly state = new ObservableStreamState();
  readonly #options: UserStreamOptions;
  #opened = false;
  /** Who is signed in, as the app said last; undefined while it is being asked, and when there is nobody. */
  #userKey: string | undefined;
  #stream: Stream | undefined;
  #users: TabChannel | undefined;
  /** Who is signed in, as another tab said last. */
  #rumour: unknown;
  /** Ends the asking of {@link #look}: only the latest answer counts. */
  #looking = new AbortController();
  /** Aborted when what goes on is over: the asking, or the stream. */
  #stay = new AbortController();

  constructor(options: UserStreamOptions) {
    this.#options = options;
  }

  open(): () => void {
    const { cache, network, visits } = this.#options;
    this.#opened = true;
    // Emptied while nobody looked, perhaps because the user has changed: the rest goes, too.
    if (!cache.connections) cache.forget();
    const stops = [
      cache.onEmptied(() => this.#begin()),
      cache.owner.subscribe(() => {
        if (this.#userKey !== undefined && cache.owner.get() !== this.#userKey) this.#begin();
      }),
      network.subscribe(() => {
        if (!this.#stream) this.#begin();
      }),
      visits.subscribe({ seen: () => void this.#look(), left: () => this.#leave(), restored: () => this.#begin() }),
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
    this.#stay.abort();
    this.#looking.abort();
  }

  #begin(refusal?: Refusal): void {
    this.#leave();
    if (!this.#opened) return;
    this.#stay = new AbortController();
    const { signal } = this.#stay;
    const users = this.#options.tabs?.openChannel(usersChannel, (userKey) => {
      this.#rumour = userKey ?? undefined;
      if (this.#rumour !== this.#userKey) void this.#look();
    });
    signal.addEventListener("abort", () => users?.close());
    this.#users = users;
    this.#rumour = undefined;
    this.#showWaiting(null);
    void this.#enter(signal, refusal);
  }

  /** Asks until there is an answer, and opens that user's stream. */
  async #enter(signal: AbortSignal, refusal: Refusal | undefined): Promise<void> {
    for (let failures = 0; ; ) {
      const answer = await askUserKey(this.#options.client, signal);
      if (signal.aborted) return;
      if ("userKey" in answer) {
        // Another user may have signed in while the answer was on its way.
        if (this.#rumour !== undefined && this.#rumour !== answer.userKey) {
          this.#rumour = undefined;
          continue;
        }
        this.#userKey = answer.userKey;
        // The app contradicts itself, and would go on so for ever.
        if (answer.userKey === refusal?.userKey) this.state.set({ status: "offline", error: refusal.error });
        else this.#start(answer.userKey, signal);
        return;
      }
      const { error } = answer;
      if (!error.retryable) {
        if (refusals.has(error.code)) {
          this.#options.cache.giveTo(undefined);
          this.#users?.post(null);
        }
        this.state.set({ status: "offline", error });
        return;
      }
      failures += 1;
      this.#showWaiting(toldError(error, failures));
      await new Promise((resolve) => setTimeout(resolve, delayAfter(error, failures)));
      if (signal.aborted) return;
    }
  }

  #start(userKey: string, signal: AbortSignal): void {
    const { client, cache, network, tabs } = this.#options;
    this.#users?.post(userKey);
    cache.giveTo(userKey);
    const stream = tabs
      ? new SharedStream({ client, cache, network, tabs, userKey })
      : new EventStream({ client, network, userKey, sink: cache });
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
      this.#options.cache.giveTo(undefined);
      this.#begin({ userKey, error });
    } else {
      this.state.set(state);
    }
  }

  /** Somebody looks at the page: is it still the same user? An app that does not answer now leaves all as it is. */
  async #look(): Promise<void> {
    if (!this.#stream) {
      if (this.state.get().status === "offline") this.#begin();
      return;
    }
    this.#looking.abort();
    this.#looking = new AbortController();
    const { signal } = this.#looking;
    const answer = await askUserKey(this.#options.client, signal);
    if (signal.aborted) return;
    // Another owner makes us begin anew.
    if ("userKey" in answer) this.#options.cache.giveTo(answer.userKey);
    else if (refusals.has(answer.error.code)) this.#options.cache.giveTo(undefined);
  }

  #showWaiting(error: ErrorInfo | null): void {
    const { cache, network } = this.#options;
    const waiting = cache.connections ? "reconnecting" : "connecting";
    // Without a network, and after a failure, it is no first time any more.
    this.state.set({ status: !network.online() ? "offline" : error ? "reconnecting" : waiting, error });
  }
}
