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
  /** Unique for every entry, for React's `key`. The id is not: a snapshot has the id of the event before it. */
  key: number;
  id: EventId;
  event: McpConnectionEvent;
}

/** How many recent events are kept. */
export const maxRecentEvents = 200;

const caches = new WeakMap<QueryClient, ConnectionsCache>();

/** The cache of a query client. It outlives every component and ends with its query client. */
export function connectionsCacheOf(queryClient: QueryClient): ConnectionsCache {
  const cache = caches.get(queryClient) ?? new ConnectionsCache(queryClient);
  caches.set(queryClient, cache);
  return cache;
}

/**
 * The data of the event stream in the query cache, under tRPC's own keys: the connections and their tools. It also
 * keeps the last event id for a new stream to resume from, which is only valid together with that data.
 */
export class ConnectionsCache {
  readonly recent = new ObservableValue<readonly RecentEvent[]>([]);
  readonly clock = new ServerClock();
  /** The key of the user whose connections these are. Undefined while no signed-in user is known. */
  readonly owner = new ObservableValue<string | undefined>(undefined);
  readonly #queryClient: QueryClient;
  #lastEventId: EventId | undefined;
  #recorded = 0;
  /** Whether an address is our own sign-in page. Set by the provider, which knows the app's address. */
  isSignInPage: (authUrl: string) => boolean = () => true;

  constructor(queryClient: QueryClient) {
    this.#queryClient = queryClient;
    // An open stream only sends changes, so its data must not expire.
    queryClient.setQueryDefaults(connectionsKey, {
      gcTime: Number.POSITIVE_INFINITY,
      staleTime: Number.POSITIVE_INFINITY,
    });
  }

  /** Undefined until the first snapshot. */
  get connections(): readonly Connection[] | undefined {
    return this.#queryClient.getQueryData<readonly Connection[]>(connectionsKey);
  }

  /** The id that a new stream resumes from. Undefined if it has to begin with a snapshot. */
  get lastEventId(): EventId | undefined {
    return this.connections && this.#lastEventId;
  }

  /** Records an event. If it comes again, as when another tab continues the stream, it counts once. */
  record(id: EventId, received: McpConnectionEvent): void {
    const event = withOwnAuthUrls(received, this.isSignInPage);
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

  /** Makes this the cache of that user. Another user's data is dropped. */
  switchUser(userKey: string | undefined): void {
    if (userKey === this.owner.get()) return;
    this.forget();
    this.owner.set(userKey);
  }

  /** Drops all data. */
  forget(): void {
    if (this.#lastEventId === undefined) return;
    this.#lastEventId = undefined;
    this.recent.set([]);
    // Reset, not removed: a component that uses a removed query would never see it come back.
    void this.#queryClient.resetQueries({ queryKey: connectionsKey, exact: true });
    void this.#queryClient.resetQueries({ queryKey: anyToolsKey });
  }

  /** Calls the listener whenever the host empties the query cache, until the returned function is called. */
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
    // Two tabs may send a snapshot of the same moment. Then nothing was missed in between.
    if (event.type === "reset" && id === last) return hashKey([event.connections]) === hashKey([this.connections]);
    // A snapshot may belong to a restarted log, with lower ids.
    if (event.type !== "reset" && compareEventIds(id, last) < 0) return true;
    // Several events may share an id: those that are not logged carry the id of the event before them.
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

  /** An answer that is still on its way is older than the event and must not overwrite it. */
  #setTools(sessionId: string, tools: ToolInfo[]): void {
    const queryKey = toolsKey(sessionId);
    void this.#queryClient
      .cancelQueries({ queryKey, exact: true })
      .then(() => this.#queryClient.setQueryData<ToolInfo[]>(queryKey, tools));
  }
}
