import { QueryClient } from "@tanstack/react-query";
import { EventSource } from "eventsource";
import type { OpenReader } from "../../api/test/events-under-fire.js";
import { createMcpTrpcClient } from "../src/app/trpc.js";
import { connectionsCacheOf } from "../src/cache/connections-cache.js";
import type { Network } from "../src/stream/network.js";
import { UserStream } from "../src/stream/user-stream.js";

const never = { subscribe: () => () => undefined };
const network: Network = { ...never, online: () => true };

/** Reads like a provider in a browser: with our stream, which retries in its own way, and our cache. */
export const openBrowserReader: OpenReader = (origin, user, onEvent) => {
  const headers = () => ({ cookie: `user=${user}` });
  const client = createMcpTrpcClient({ url: `${origin}/api/mcp/trpc`, headers, EventSource });
  const cache = connectionsCacheOf(new QueryClient());
  let [newest] = cache.recent.get();
  const unsubscribe = cache.recent.subscribe(() => {
    const recent = cache.recent.get();
    const known = newest ? recent.findIndex(({ key }) => key === newest?.key) + 1 : 0;
    for (const entry of recent.slice(known)) onEvent(entry.event);
    newest = recent.at(-1);
  });
  const stop = new UserStream({ client, cache, network, visits: never, tabs: undefined }).open();
  return () => {
    stop();
    unsubscribe();
  };
};
