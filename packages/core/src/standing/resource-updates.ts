import type { FollowedResources } from "../client/followed-resources.js";
import { Debounced } from "./debounced.js";

/** How often (ms) updates become events, how many at a time, and how many may wait. They are hints to read again. */
const [intervalMs, maxAtOnce, maxWaiting] = [1_000, 4, 64];

/** How soon (ms) the first one does. */
const firstMs = 100;

/** The longest URI (bytes) in an event. */
const maxUriBytes = 2_048;

interface Session {
  userId: string;
  sessionId: string;
}

/** Follows what servers say about single resources (MCP, `notifications/resources/updated`). */
export class ResourceUpdates {
  readonly #followed: () => Pick<FollowedResources, "list">;
  readonly #events = new Debounced({ firstMs, intervalMs });
  readonly #waiting = new Map<string, Set<string>>();

  constructor(followed: () => Pick<FollowedResources, "list">) {
    this.#followed = followed;
  }

  /** `announce` gets the URIs that are followed, a few at a time. It must not throw. */
  heard(session: Session, uri: unknown, announce: (uris: readonly string[]) => Promise<unknown>): void {
    if (typeof uri !== "string" || Buffer.byteLength(uri) > maxUriBytes) return;
    const key = JSON.stringify([session.userId, session.sessionId]);
    const waiting = this.#waiting.get(key) ?? new Set();
    if (waiting.size >= maxWaiting) return;
    this.#waiting.set(key, waiting.add(uri));
    this.#ask(key, session, announce);
  }

  close(): void {
    this.#events.close();
    this.#waiting.clear();
  }

  #ask(key: string, session: Session, announce: (uris: readonly string[]) => Promise<unknown>): void {
    this.#events.ask(key, async () => {
      const said = [...(this.#waiting.get(key) ?? [])];
      this.#waiting.delete(key);
      const followed = await this.#followed()
        .list(session)
        .catch(() => []);
      const wanted = said.filter((uri) => followed.some((known) => isWithin(known, uri)));
      if (wanted.length > 0) await announce(wanted.slice(0, maxAtOnce));
      const later = wanted.slice(maxAtOnce);
      if (later.length === 0) return 0;
      this.#waiting.set(key, new Set([...later, ...(this.#waiting.get(key) ?? [])]));
      this.#ask(key, session, announce);
      return 0;
    });
  }
}

/** Whether a resource is the followed one or below it: a server may say which part of it has changed. */
export function isWithin(followed: string, uri: string): boolean {
  if (!uri.startsWith(followed)) return false;
  return uri.length === followed.length || /[/?#]$/.test(followed) || /^[/?#]/.test(uri.slice(followed.length));
}
