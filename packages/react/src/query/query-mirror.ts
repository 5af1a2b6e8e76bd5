import { ConnectionsStore, type ToolList } from "@mcp-assistant/client";
import type { Connection, ToolInfo } from "@mcp-assistant/protocol";
import { hashKey, type QueryClient } from "@tanstack/react-query";
import {
  anyResourceKey,
  anyToolsKey,
  connectionsKey,
  offeredKeys,
  promptsKey,
  type resourceKey,
  resourcesKey,
  resourceTemplatesKey,
  toolsKey,
} from "./keys.js";

const stores = new WeakMap<QueryClient, ConnectionsStore>();

/**
 * The store of a query client, which shows it under tRPC's own keys. It outlives every component and ends with its query
 * client.
 */
export function storeOf(queryClient: QueryClient): ConnectionsStore {
  const known = stores.get(queryClient);
  if (known) return known;
  const store = new ConnectionsStore();
  stores.set(queryClient, store);
  new QueryMirror(queryClient, store).open();
  return store;
}

const connectionsHash = hashKey(connectionsKey);

/** Writes what the store learns into the query cache. Nothing is read from there. */
class QueryMirror {
  readonly #queryClient: QueryClient;
  readonly #store: ConnectionsStore;
  #lists: ReadonlyMap<string, ToolList> = new Map();
  /** The sessions of the lists in the cache, by the hash of their key. */
  readonly #sessions = new Map<string, string>();
  #isWriting = false;

  constructor(queryClient: QueryClient, store: ConnectionsStore) {
    this.#queryClient = queryClient;
    this.#store = store;
  }

  open(): void {
    const [queryClient, store] = [this.#queryClient, this.#store];
    // The store's own objects are the data, so that anything else that is written there is noticed.
    queryClient.setQueryDefaults(anyToolsKey, { structuralSharing: false });
    // An open stream only sends changes, so its data must not expire.
    queryClient.setQueryDefaults(connectionsKey, {
      structuralSharing: false,
      gcTime: Number.POSITIVE_INFINITY,
      staleTime: Number.POSITIVE_INFINITY,
    });
    store.subscribe(() => this.#showConnections());
    store.tools.all.subscribe(() => this.#showTools());
    store.recent.subscribe(() => {
      this.#expireTools();
      this.#expireOffered();
    });
    queryClient.getQueryCache().subscribe(({ type, query }) => {
      if (this.#isWriting || (type !== "removed" && type !== "updated")) return;
      if (query.queryHash === connectionsHash) {
        // A removed query still has its data.
        this.#checkConnections(type === "removed" ? undefined : query.state.data);
      } else if (type === "updated") {
        this.#checkTools(query.queryHash, query.state.data);
      }
    });
  }

  #showConnections(): void {
    const { connections } = this.#store;
    if (connections) {
      this.#write(connectionsKey, connections);
      return;
    }
    // Reset, not removed: a component that uses a removed query would never see it come back.
    void this.#queryClient.resetQueries({ queryKey: connectionsKey, exact: true });
    for (const queryKey of [anyToolsKey, ...offeredKeys()]) void this.#queryClient.resetQueries({ queryKey });
  }

  #showTools(): void {
    const [before, lists] = [this.#lists, this.#store.tools.all.get()];
    this.#lists = lists;
    for (const [sessionId, { tools }] of lists) {
      if (tools === before.get(sessionId)?.tools) continue;
      const queryKey = toolsKey(sessionId);
      this.#sessions.set(hashKey(queryKey), sessionId);
      this.#write(queryKey, tools);
    }
  }

  /** Has the tools fetched again that the newest event has changed, but did not include. */
  #expireTools(): void {
    const recent = this.#store.recent.get();
    const event = recent.at(-1)?.event;
    if (event?.type === "session_removed") {
      this.#sessions.delete(hashKey(toolsKey(event.sessionId)));
      this.#queryClient.removeQueries({ queryKey: toolsKey(event.sessionId), exact: true });
    } else if (event?.type === "tools_discovered") {
      const list = this.#lists.get(event.sessionId);
      if (!list || list.isStale) void this.#queryClient.invalidateQueries({ queryKey: toolsKey(event.sessionId) });
    } else if (event?.type === "resources_changed") {
      void this.#queryClient.invalidateQueries({ queryKey: resourcesKey(event.sessionId) });
      void this.#queryClient.invalidateQueries({ queryKey: resourceTemplatesKey(event.sessionId) });
    } else if (event?.type === "prompts_changed") {
      void this.#queryClient.invalidateQueries({ queryKey: promptsKey(event.sessionId) });
    } else if (event?.type === "resource_updated") {
      this.#expireResource(event.sessionId, event.uri);
    } else if (event?.type === "reset" && recent.length > 1) {
      for (const queryKey of [anyToolsKey, ...offeredKeys()]) void this.#queryClient.invalidateQueries({ queryKey });
    }
  }

  /** Has a resource read again, and those that it is a part of: the event names the part that has changed. */
  #expireResource(sessionId: string, uri: string): void {
    void this.#queryClient.invalidateQueries({
      queryKey: anyResourceKey,
      predicate: ({ queryKey: [, asked] }) => {
        const { input } = (asked ?? {}) as Partial<ReturnType<typeof resourceKey>[1]>;
        return input?.sessionId === sessionId && uri.startsWith(input.uri);
      },
    });
  }

  /** What a server offers is asked of it, and not written here. Its queries are dropped with its session. */
  #expireOffered(): void {
    const event = this.#store.recent.get().at(-1)?.event;
    for (const queryKey of event?.sessionId === undefined ? [] : offeredKeys(event.sessionId)) {
      if (event?.type === "session_removed") this.#queryClient.removeQueries({ queryKey });
      else if (event?.type === "state_changed" && event.state === "CONNECTED") {
        const predicate = ({ state }: { state: { status: string } }) => state.status === "error";
        void this.#queryClient.invalidateQueries({ queryKey, predicate });
      }
    }
  }

  /**
   * A host empties its cache when its user signs out. Our data is then dropped, too, and written again when the app has
   * said who is signed in.
   */
  #checkConnections(data: unknown): void {
    const { connections } = this.#store;
    if (!connections || data === connections) return;
    if (data === undefined) this.#store.restart();
    else this.#write(connectionsKey, connections);
  }

  /** An answer that was still on its way is older than the event that has overtaken it. */
  #checkTools(hash: string, data: unknown): void {
    const sessionId = this.#sessions.get(hash);
    const list = sessionId === undefined ? undefined : this.#lists.get(sessionId);
    if (sessionId === undefined || !list || list.isStale || data === undefined || data === list.tools) return;
    this.#write(toolsKey(sessionId), list.tools);
  }

  #write(queryKey: readonly unknown[], data: readonly (Connection | ToolInfo)[]): void {
    this.#isWriting = true;
    try {
      this.#queryClient.setQueryData(queryKey, data);
    } finally {
      this.#isWriting = false;
    }
  }
}
