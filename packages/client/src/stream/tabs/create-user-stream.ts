import { EventStream } from "../event-stream.js";
import { UserStream, type UserStreamOptions } from "../user-stream.js";
import { SharedStream } from "./shared-stream.js";
import type { Tabs } from "./tabs.js";

export interface TabStreamOptions extends Pick<UserStreamOptions, "backend" | "store" | "network" | "visits"> {
  /** Undefined if tabs cannot share a stream: then this one has its own. */
  tabs: Tabs | undefined;
}

/** The event stream of the signed-in user, shared with the browser's other tabs where they can share one. */
export function createUserStream({ tabs, ...options }: TabStreamOptions): UserStream {
  const { backend, network, store } = options;
  return new UserStream({
    ...options,
    streamOf: (userKey) =>
      tabs
        ? new SharedStream({ backend, network, store, tabs, userKey })
        : new EventStream({ backend, network, sink: store, userKey }),
    openUsersChannel: tabs && ((receive) => tabs.openChannel("users", receive)),
  });
}
