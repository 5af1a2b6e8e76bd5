import { clientOf } from "./app.js";
import type { OpenReader } from "./events-under-fire.js";

/** The stock client: tRPC's own link over the package `eventsource`, which reconnects automatically. */
export const openStockReader: OpenReader = (origin, user, onEvent) => {
  const subscription = clientOf(origin, user).events.subscribe.subscribe(undefined, {
    onData: ({ data }) => onEvent(data),
    // tRPC treats this error as final: the events that follow count as lost, and this line says why.
    onError: ({ message }) => console.log(`the stream of ${user} has ended: ${message}`),
  });
  return () => subscription.unsubscribe();
};
