import type { McpSessionError } from "@mcp-assistant/protocol";
import type { Backend } from "../backend/backend.js";

/** How often (ms) the app is told that a resource is still followed. It forgets what it was not told for ten minutes. */
const renewalMs = 240_000;

/** How long (ms) a resource is still followed without a component that shows it: another one often comes at once. */
const patienceMs = 1_000;

type Told = (error: McpSessionError | null) => void;

interface Followed {
  /** The components that follow it. */
  followers: Set<Told>;
  renewal: ReturnType<typeof setInterval>;
  /** Whether the app has said that it cannot be followed, and was not asked since. */
  isRefused: boolean;
  end?: ReturnType<typeof setTimeout>;
}

/** The resources that this page follows, however many of its components follow the same one. */
export class FollowedResources {
  readonly #backend: Pick<Backend, "subscribeResource" | "unsubscribeResource">;
  readonly #followed = new Map<string, Followed>();
  /** Names this page for the app, which keeps a resource followed until the last page has gone. */
  readonly #page = Math.random().toString(36).slice(2);

  constructor(backend: Pick<Backend, "subscribeResource" | "unsubscribeResource">) {
    this.#backend = backend;
  }

  /**
   * Follows a resource until the returned function is called. `told` gets the error when that is not possible, and null
   * when it is. When it was not possible, the app is asked again.
   */
  follow(sessionId: string, uri: string, told: Told): () => void {
    const key = JSON.stringify([sessionId, uri]);
    const followed = this.#followed.get(key) ?? this.#begin(key, sessionId, uri);
    clearTimeout(followed.end);
    // A component may follow it twice.
    const follower: Told = (error) => told(error);
    followed.followers.add(follower);
    if (followed.isRefused) this.#ask(followed, sessionId, uri);
    return () => {
      if (!followed.followers.delete(follower) || followed.followers.size > 0) return;
      followed.end = setTimeout(() => this.#end(key, sessionId, uri), patienceMs);
    };
  }

  #begin(key: string, sessionId: string, uri: string): Followed {
    const followed: Followed = {
      followers: new Set(),
      isRefused: false,
      renewal: setInterval(() => this.#ask(followed, sessionId, uri), renewalMs),
    };
    this.#followed.set(key, followed);
    this.#ask(followed, sessionId, uri);
    return followed;
  }

  #ask(followed: Followed, sessionId: string, uri: string): void {
    followed.isRefused = false;
    const tell: Told = (error) => {
      followed.isRefused = error !== null;
      for (const told of followed.followers) told(error);
    };
    this.#backend.subscribeResource(sessionId, uri, this.#page).then(() => tell(null), tell);
  }

  #end(key: string, sessionId: string, uri: string): void {
    const followed = this.#followed.get(key);
    clearInterval(followed?.renewal);
    this.#followed.delete(key);
    // If this fails, it ends by itself.
    this.#backend.unsubscribeResource(sessionId, uri, this.#page).catch(() => undefined);
  }
}
