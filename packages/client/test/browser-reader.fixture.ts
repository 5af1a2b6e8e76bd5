import { EventSource } from "eventsource";
import type { OpenReader } from "../../api/test/events-under-fire.js";
import { createTrpcBackend } from "../src/backend/trpc-backend.js";
import { ConnectionsStore } from "../src/store/connections-store.js";
import type { Network } from "../src/stream/network.js";
import { createUserStream } from "../src/stream/tabs/create-user-stream.js";

const never = { subscribe: () => () => undefined };
const network: Network = { ...never, online: () => true };

/** Reads like a provider in a browser: with our stream, which retries in its own way, and our store. */
export const openBrowserReader: OpenReader = (origin, user, onEvent) => {
  const headers = () => ({ cookie: `user=${user}` });
  const backend = createTrpcBackend({ url: `${origin}/api/mcp/trpc`, headers, EventSource });
  const store = new ConnectionsStore();
  let [newest] = store.recent.get();
  const unsubscribe = store.recent.subscribe(() => {
    const recent = store.recent.get();
    const known = newest ? recent.findIndex(({ key }) => key === newest?.key) + 1 : 0;
    for (const entry of recent.slice(known)) onEvent(entry.event);
    newest = recent.at(-1);
  });
  const stop = createUserStream({ backend, store, network, visits: never, tabs: undefined }).open();
  return () => {
    stop();
    unsubscribe();
  };
};
