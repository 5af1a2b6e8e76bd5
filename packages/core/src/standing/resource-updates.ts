import { maxUriLength } from "@mcp-assistant/protocol";
import type { FollowedResources } from "../client/followed-resources.js";
import { Debounced } from "./debounced.js";

/** How often (ms) updates become events, how many at a time, and how many may wait. They are hints to read again. */
const [intervalMs, maxAtOnce, maxWaiting] = [1_000, 4, 64];

/** How soon (ms) the first one does. */
const firstMs = 100;

/**
 * The longest URI (UTF-16 code units) that an event names as the server does. In place of a longer one, it names what is
 * followed.
 */
const maxPartLength = 2_048;

/** The longest one (UTF-16 code units) that is listened to: one that may be followed, and as much below it. */
const maxHeardLength = 2 * maxUriLength;

interface Session {
  userId: string;
  sessionId: string;
}

interface Telling {
  /** How long (ms) the session has to wait until it may cause another event. */
  waitMs: () => number;
  /** Gets the URIs that are followed, a few at a time. It must not throw. */
  announce: (uris: readonly string[]) => Promise<unknown>;
}

/** Follows what servers say about single resources (MCP, `notifications/resources/updated`). */
export class ResourceUpdates {
  readonly #followed: () => Pick<FollowedResources, "list">;
  readonly #events = new Debounced({ firstMs, intervalMs });
  readonly #waiting = new Map<string, Set<string>>();

  constructor(followed: () => Pick<FollowedResources, "list">) {
    this.#followed = followed;
  }

  heard(session: Session, uri: unknown, telling: Telling): void {
    if (typeof uri !== "string" || uri.length > maxHeardLength) return;
    const key = JSON.stringify([session.userId, session.sessionId]);
    const waiting = this.#waiting.get(key) ?? new Set();
    if (waiting.size >= maxWaiting) return;
    this.#waiting.set(key, waiting.add(uri));
    this.#ask(key, session, telling);
  }

  close(): void {
    this.#events.close();
    this.#waiting.clear();
  }

  #ask(key: string, session: Session, telling: Telling): void {
    this.#events.ask(key, async () => {
      const waitMs = telling.waitMs();
      if (waitMs > 0) {
        this.#ask(key, session, telling);
        return waitMs;
      }
      const said = [...(this.#waiting.get(key) ?? [])];
      this.#waiting.delete(key);
      const followed = await this.#followed()
        .list(session)
        .catch(() => []);
      const wanted = [...new Set(said.flatMap((uri) => announcedFor(uri, followed) ?? []))];
      if (wanted.length > 0) await telling.announce(wanted.slice(0, maxAtOnce));
      const later = wanted.slice(maxAtOnce);
      if (later.length === 0) return 0;
      this.#waiting.set(key, new Set([...later, ...(this.#waiting.get(key) ?? [])]));
      this.#ask(key, session, telling);
      return 0;
    });
  }
}

/** What an event names for an updated resource; undefined if it is not followed, nor what it is a part of. */
function announcedFor(uri: string, followed: readonly string[]): string | undefined {
  const [longest] = followed.filter((known) => isWithin(known, uri)).sort((one, other) => other.length - one.length);
  if (longest === undefined) return undefined;
  return uri.length > maxPartLength ? longest : uri;
}

/** Whether a resource is the followed one or below it: a server may say which part of it has changed. */
export function isWithin(followed: string, uri: string): boolean {
  if (!uri.startsWith(followed)) return false;
  return uri.length === followed.length || /[/?#]$/.test(followed) || /^[/?#]/.test(uri.slice(followed.length));
}
