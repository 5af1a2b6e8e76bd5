import type { ClientDeps } from "../client/client-deps.js";
import type { LinkPool } from "../client/link-pool.js";
import { listAgain } from "../client/tools.js";
import { admissionOf } from "../credentials/admission.js";
import { RateLimitedError } from "../errors.js";
import { countedFor } from "../outbound/counted-fetch.js";
import type { Heard, HeardFrom } from "../server/dial.js";
import { methods } from "../server/method.js";
import type { Announced } from "../session/move.js";
import type { StoredSession } from "../session/session-store.js";
import { announcementWait, spendAnnouncements } from "./announcements.js";
import { Debounced } from "./debounced.js";
import { ResourceUpdates } from "./resource-updates.js";

export type ListChangesDeps = ClientDeps & {
  pool: LinkPool;
  standing: {
    /** Whether the user has an event stream open in this process. */
    hasReader(userId: string): boolean;
  };
};

/** A server may change several tools one after the other, and says so each time. */
const firstMs = 250;

/** How often (ms) the tools of a session are listed again at most, and how often an event says that others changed. */
const [toolsIntervalMs, eventIntervalMs] = [10_000, 1_000];

/** The longest pause (ms) after a list that was the same as before. It doubles each time: a server may be mistaken. */
const maxSameMs = 600_000;

/** Requests that are a list of the tools, or that one follows. Some servers say each time that it has changed. */
const ownLists: ReadonlySet<unknown> = new Set([methods.handshake, methods.listTools]);

/** Requests that no user has asked for. */
const unasked: ReadonlySet<unknown> = new Set([undefined, methods.ping, methods.subscribe, methods.unsubscribe]);

/** How often a list that the user's rate refuses is tried. */
const maxTries = 3;

const events: Readonly<Record<string, Extract<Announced, { type: `${string}_changed` }>["type"]>> = {
  "notifications/resources/list_changed": "resources_changed",
  "notifications/prompts/list_changed": "prompts_changed",
};

/**
 * Follows what servers say about their lists (MCP, `notifications/…/list_changed`). Tools are listed again, which counts
 * as a call of the user, and only for a user who is there: who has made the call that brought it, or reads events. For
 * resources and prompts, an event tells the user's pages. It fails nothing: what could not be listed now is listed the
 * next time that somebody asks.
 */
export class ListChanges {
  readonly #parts: () => ListChangesDeps;
  readonly #tools = new Debounced({ firstMs, intervalMs: toolsIntervalMs });
  readonly #events = new Debounced({ firstMs, intervalMs: eventIntervalMs });
  readonly #updates: ResourceUpdates;

  constructor(parts: () => ListChangesDeps) {
    this.#parts = parts;
    this.#updates = new ResourceUpdates(() => parts().followed);
  }

  /** However often a server repeats itself, a repetition costs no more than this. */
  readonly heard: Heard = (from, { method, params }) => {
    const key = JSON.stringify([from.userId, from.sessionId]);
    const event = events[method];
    if (method === "notifications/tools/list_changed") this.#askForTools(key, from, 1);
    else if (event) this.#askForEvent(`${key} ${event}`, from, event);
    else if (method === "notifications/resources/updated") {
      this.#updates.heard(from, params?.uri, {
        waitMs: () => this.#waitMs(from),
        announce: (uris) =>
          this.#announce(
            from,
            uris.map((uri) => ({ type: "resource_updated", uri })),
          ),
      });
    }
  };

  close(): void {
    this.#tools.close();
    this.#events.close();
    this.#updates.close();
  }

  #askForTools(key: string, from: HeardFrom, tries: number): void {
    if (ownLists.has(from.asked)) return;
    this.#tools.ask(key, async (lastMs) => {
      if (unasked.has(from.asked) && !this.#parts().standing.hasReader(from.userId)) return 0;
      const waitMs = this.#waitMs(from);
      if (waitMs > 0) {
        this.#askForTools(key, from, tries);
        return waitMs;
      }
      try {
        const isUnchanged = await this.#listTools(from);
        return isUnchanged ? Math.min(2 * Math.max(lastMs, toolsIntervalMs), maxSameMs) : 0;
      } catch (error) {
        if (!(error instanceof RateLimitedError) || tries === maxTries) return 0;
        this.#askForTools(key, from, tries + 1);
        return error.retryAfter ?? 0;
      }
    });
  }

  #askForEvent(key: string, from: HeardFrom, type: Extract<Announced, { type: `${string}_changed` }>["type"]): void {
    this.#events.ask(key, async () => {
      const waitMs = this.#waitMs(from);
      if (waitMs > 0) this.#askForEvent(key, from, type);
      else await this.#announce(from, [{ type }]);
      return waitMs;
    });
  }

  #waitMs({ userId, sessionId }: HeardFrom): number {
    return announcementWait({ storeId: this.#parts().storeId, userId, sessionId });
  }

  /** Returns whether they are the same as before. */
  async #listTools(from: HeardFrom): Promise<boolean> {
    const { userId, sessionId } = from;
    const deps = countedFor(this.#parts(), userId);
    const stored = await deps.sessions.read(userId, sessionId);
    if (!isSame(stored, from)) return false;
    await deps.rates.take(userId, "calls");
    spendAnnouncements({ storeId: deps.storeId, userId, sessionId }, 1);
    const session = { userId, sessionId };
    await deps.pool.use(deps, session, (links) => listAgain({ deps, session, links }, stored));
    const { record } = await deps.sessions.read(userId, sessionId);
    return record.tools?.hash === stored.record.tools?.hash;
  }

  async #announce(from: HeardFrom, announced: readonly Announced[]): Promise<void> {
    const { sessions, storeId } = this.#parts();
    spendAnnouncements({ storeId, userId: from.userId, sessionId: from.sessionId }, announced.length);
    const changed = sessions.change(from.userId, from.sessionId, (record, _now, credentials) =>
      isSame({ record, credentials }, from) ? { announced } : undefined,
    );
    await changed.catch(() => undefined);
  }
}

/** What a server says is of no interest once its user has disconnected, or signed in again. */
function isSame(stored: Pick<StoredSession, "record" | "credentials">, { admission }: HeardFrom): boolean {
  return stored.record.state === "CONNECTED" && admissionOf(stored) === admission;
}
