import type { McpSessionError } from "@mcp-assistant/protocol";
import type { Backend } from "../backend/backend.js";
import type { ConnectionsStore } from "../store/connections-store.js";

/** How often (ms) the app is told that a resource is still followed. It forgets what it was not told for ten minutes. */
const renewalMs = 240_000;

/** How long (ms) a resource is still followed without a component that shows it: another one often comes at once. */
const patienceMs = 1_000;

type Told = (error: McpSessionError | null) => void;

interface Followed {
  readonly sessionId: string;
  readonly uri: string;
  /** The components that follow it. */
  readonly followers: Set<Told>;
  renewal?: ReturnType<typeof setInterval>;
  end?: ReturnType<typeof setTimeout>;
  isAsked: boolean;
  /** What the app answered last; null if it is followed, or nothing is known yet. */
  error: McpSessionError | null;
}

/** The resources that this page follows, however many of its components follow the same one. */
export class FollowedResources {
  readonly #backend: Pick<Backend, "subscribeResource" | "unsubscribeResource">;
  readonly #store: Pick<ConnectionsStore, "connections" | "subscribe">;
  readonly #followed = new Map<string, Followed>();
  /** Names this page for the app, which keeps a resource followed until the last page has gone. */
  readonly #page = Math.random().toString(36).slice(2);
  /** The sessions that were CONNECTED at the last look. */
  #connected: ReadonlySet<string> = new Set();
  #stopLooking: () => void = () => undefined;

  constructor(
    backend: Pick<Backend, "subscribeResource" | "unsubscribeResource">,
    store: Pick<ConnectionsStore, "connections" | "subscribe">,
  ) {
    this.#backend = backend;
    this.#store = store;
  }

  /**
   * Follows a resource until the returned function is called. `told` gets the error when that is not possible, and null
   * when it is. After an error, the app is asked again for the next component, and when the session is connected.
   */
  follow(sessionId: string, uri: string, told: Told): () => void {
    const key = JSON.stringify([sessionId, uri]);
    const followed = this.#followed.get(key) ?? this.#begin(key, sessionId, uri);
    clearTimeout(followed.end);
    // A component may follow it twice.
    const follower: Told = (error) => told(error);
    followed.followers.add(follower);
    if (followed.error) {
      follower(followed.error);
      this.#ask(followed);
    }
    return () => {
      if (!followed.followers.delete(follower) || followed.followers.size > 0) return;
      followed.end = setTimeout(() => this.#end(key, followed), patienceMs);
    };
  }

  #begin(key: string, sessionId: string, uri: string): Followed {
    const followed: Followed = { sessionId, uri, followers: new Set(), isAsked: false, error: null };
    followed.renewal = setInterval(() => this.#ask(followed), renewalMs);
    if (this.#followed.size === 0) {
      this.#connected = this.#connectedNow();
      this.#stopLooking = this.#store.subscribe(() => this.#look());
    }
    this.#followed.set(key, followed);
    this.#ask(followed);
    return followed;
  }

  #ask(followed: Followed): void {
    if (followed.isAsked) return;
    const { sessionId, uri, followers } = followed;
    const wasConnected = this.#connected.has(sessionId);
    followed.isAsked = true;
    const tell: Told = (error) => {
      followed.isAsked = false;
      followed.error = error;
      for (const told of followers) told(error);
      const isConnectedSince = !wasConnected && this.#connected.has(sessionId);
      if (error && isConnectedSince && followers.size > 0) this.#ask(followed);
    };
    this.#backend.subscribeResource(sessionId, uri, this.#page).then(() => tell(null), tell);
  }

  /** Asks again for what could not be followed while its session was not connected. */
  #look(): void {
    const before = this.#connected;
    this.#connected = this.#connectedNow();
    for (const followed of this.#followed.values()) {
      const { sessionId, error } = followed;
      if (error && this.#connected.has(sessionId) && !before.has(sessionId)) this.#ask(followed);
    }
  }

  #connectedNow(): ReadonlySet<string> {
    const connected = this.#store.connections?.filter(({ state }) => state === "CONNECTED") ?? [];
    return new Set(connected.map(({ sessionId }) => sessionId));
  }

  #end(key: string, { renewal, sessionId, uri }: Followed): void {
    clearInterval(renewal);
    this.#followed.delete(key);
    if (this.#followed.size === 0) this.#stopLooking();
    // If this fails, it ends by itself.
    this.#backend.unsubscribeResource(sessionId, uri, this.#page).catch(() => undefined);
  }
}
