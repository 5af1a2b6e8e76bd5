import { clientOf } from "./app.js";
import type { OpenReader } from "./events-under-fire.js";

/** The stock client: tRPC's own link over the package `eventsource`, which goes on by itself. */
export const openStockReader: OpenReader = (origin, user, tell) => {
  const subscription = clientOf(origin, user).events.subscribe.subscribe(undefined, {
    onData: ({ data }) => tell(data),
    // An error that tRPC takes for final: its events count as lost, and this says why.
    onError: ({ message }) => console.log(`the stream of ${user} has ended: ${message}`),
  });
  return () => subscription.unsubscribe();
};
