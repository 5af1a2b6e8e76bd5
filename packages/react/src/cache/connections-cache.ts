import {
  type Connection,
  compareEventIds,
  type EventId,
  type McpConnectionEvent,
  type ToolInfo,
} from "@mcp-assistant/protocol";
import { hashKey, type QueryClient } from "@tanstack/react-query";
import { withOwnAuthUrls } from "../app/sign-in-page.js";
import { anyToolsKey, connectionsKey, toolsKey } from "../app/trpc.js";
import { applyEvent } from "./apply-event.js";
import { ObservableValue } from "./observable-value.js";
import { ServerClock } from "./server-clock.js";

export interface RecentEvent {
  /** Distinct for every entry, for React's `key`: a snapshot carries the id of the event before it. */
  key: number;
  id: EventId;
  event: McpConnectionEvent;
}

/** How many events are remembered. */
export const maxRecentEvents = 200;

const caches = new WeakMap<QueryClient, ConnectionsCache>();

/** The one cache that belongs to a query client: it outlives every component, and ends with its query client. */
export function connectionsCacheOf(queryClient: QueryClient): ConnectionsCache {
  const cache = caches.get(queryClient) ?? new ConnectionsCache(queryClient);
  caches.set(queryClient, cache);
  return cache;
}

/**
 * What the event stream has told, in the query cache under tRPC's own keys: the connections and their tools. Beside
 * it, what a new stream needs to resume: the last event id, which is worth as much as the data it belongs to.
 */
export class ConnectionsCache {
  readonly recent = new ObservableValue<readonly RecentEvent[]>([]);
  readonly clock = new ServerClock();
  /** The key of the user whose connections these are; undefined while nobody is known to be signed in. */
  readonly owner = new ObservableValue<string | undefined>(undefined);
  readonly #queryClient: QueryClient;
  #lastEventId: EventId | undefined;
  #recorded = 0;
  /** Which addresses are our own sign-in page; the provider says so, who knows where the app is. */
  isSignInPage: (authUrl: string) => boolean = () => true;

  constructor(queryClient: QueryClient) {
    this.#queryClient = queryClient;
    // An open stream only tells what changes, so what it has told must not expire.
    queryClient.setQueryDefaults(connectionsKey, {
      gcTime: Number.POSITIVE_INFINITY,
      staleTime: Number.POSITIVE_INFINITY,
    });
  }

  /** Undefined until the first snapshot. */
  get connections(): readonly Connection[] | undefined {
    return this.#queryClient.getQueryData<readonly Connection[]>(connectionsKey);
  }

  /** Where a new stream resumes; undefined when it has to begin with a snapshot. */
  get lastEventId(): EventId | undefined {
    return this.connections && this.#lastEventId;
  }

  /** Takes in an event. One that comes again, as when another tab goes on with the stream, counts once. */
  record(id: EventId, told: McpConnectionEvent): void {
    const event = withOwnAuthUrls(told, this.isSignInPage);
    if (!event || this.#isKnown(id, event)) return;
    const before = this.connections;
    const after = applyEvent(before, event);
    if (!after) return;
    this.clock.observe(event.at);
    if (after !== before) this.#queryClient.setQueryData<readonly Connection[]>(connectionsKey, after);
    this.#lastEventId = id;
    this.#updateTools(event, before !== undefined);
    this.#recorded += 1;
    this.recent.set([...this.recent.get().slice(1 - maxRecentEvents), { key: this.#recorded, id, event }]);
  }

  /** From now on these are that user's connections. What was told to another one is dropped. */
  giveTo(userKey: string | undefined): void {
    if (userKey === this.owner.get()) return;
    this.forget();
    this.owner.set(userKey);
  }

  /** Drops everything that was told. */
  forget(): void {
    if (this.#lastEventId === undefined) return;
    this.#lastEventId = undefined;
    this.recent.set([]);
    // Reset, not removed: a component that looks at a removed query would never see it come back.
    void this.#queryClient.resetQueries({ queryKey: connectionsKey, exact: true });
    void this.#queryClient.resetQueries({ queryKey: anyToolsKey });
  }

  /** Calls the listener when the host empties the query cache under us, until the returned function is called. */
  onEmptied(listener: () => void): () => void {
    const hash = hashKey(connectionsKey);
    return this.#queryClient.getQueryCache().subscribe(({ type, query }) => {
      if ((type !== "removed" && type !== "updated") || query.queryHash !== hash) return;
      if (this.#lastEventId === undefined || this.connections) return;
      this.forget();
      listener();
    });
  }

  #isKnown(id: EventId, event: McpConnectionEvent): boolean {
    const last = this.lastEventId;
    if (last === undefined) return false;
    // Two tabs may tell the same moment: nothing was missed between them.
    if (event.type === "reset" && id === last) return hashKey([event.connections]) === hashKey([this.connections]);
    // A snapshot may belong to a log that has begun anew, with lower ids.
    if (event.type !== "reset" && compareEventIds(id, last) < 0) return true;
    // Several may have one id: what is not logged carries that of the event before it.
    const content = hashKey([event]);
    return this.recent.get().some((known) => known.id === id && hashKey([known.event]) === content);
  }

  #updateTools(event: McpConnectionEvent, resumed: boolean): void {
    if (event.type === "tools_discovered") {
      if (event.tools.length === event.count) this.#setTools(event.sessionId, event.tools);
      else void this.#queryClient.invalidateQueries({ queryKey: toolsKey(event.sessionId) });
    } else if (event.type === "session_removed") {
      this.#queryClient.removeQueries({ queryKey: toolsKey(event.sessionId), exact: true });
    } else if (event.type === "reset" && resumed) {
      void this.#queryClient.invalidateQueries({ queryKey: anyToolsKey });
    }
  }

  /** An answer that is still under way is older than the event: it must not overwrite it. */
  #setTools(sessionId: string, tools: ToolInfo[]): void {
    const queryKey = toolsKey(sessionId);
    void this.#queryClient
      .cancelQueries({ queryKey, exact: true })
      .then(() => this.#queryClient.setQueryData<ToolInfo[]>(queryKey, tools));
  }
}
