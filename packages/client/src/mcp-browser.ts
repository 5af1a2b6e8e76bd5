import { type ConnectionActions, createConnectionActions } from "./actions/connection-actions.js";
import { FollowedResources } from "./actions/followed-resources.js";
import { ToolLoader } from "./actions/tool-loader.js";
import type { Backend } from "./backend/backend.js";
import { AuthorizationPopups } from "./sign-in/authorization-popup.js";
import { appOrigins, defaultBasePath, isSignInPage } from "./sign-in/sign-in-page.js";
import { ConnectionsStore } from "./store/connections-store.js";
import { browserNetwork } from "./stream/network.js";
import { browserPageVisits } from "./stream/page-visits.js";
import { ObservableStreamState, type Stream } from "./stream/stream-state.js";
import { StreamSwitch } from "./stream/stream-switch.js";
import { createUserStream } from "./stream/tabs/create-user-stream.js";
import { browserTabs } from "./stream/tabs/tabs.js";

/** One user's connections in a browser, and everything that a page can do with them. */
export interface McpBrowser {
  readonly backend: Backend;
  readonly store: ConnectionsStore;
  readonly stream: Stream;
  /** Opens the stream, and closes it. */
  readonly streamSwitch: StreamSwitch;
  readonly actions: ConnectionActions;
  readonly toolLoader: ToolLoader;
  readonly followed: FollowedResources;
}

interface McpBrowserOptions {
  backend: Backend;
  /** Where the backend is. It tells apart the apps of one browser, and the app's origin may have its sign-in pages. */
  url: string;
  /** The `basePath` of `createMcp`. Default: `/api/mcp`. */
  basePath?: string | undefined;
  /** What is known so far. Default: nothing. */
  store?: ConnectionsStore;
}

/** Connects a page to the app. It sends nothing before the stream is opened, and on a server not even then. */
export function createMcpBrowser({
  backend,
  url,
  basePath = defaultBasePath,
  store = new ConnectionsStore(),
}: McpBrowserOptions): McpBrowser {
  const origins = appOrigins(url);
  store.isSignInPage = (authUrl) => isSignInPage(authUrl, origins, basePath);
  const stream = createStream(backend, store, url);
  return {
    backend,
    store,
    stream,
    streamSwitch: new StreamSwitch(stream),
    actions: createConnectionActions({ backend, store, popups: new AuthorizationPopups(basePath) }),
    toolLoader: new ToolLoader(backend, store),
    followed: new FollowedResources(backend, store),
  };
}

function createStream(backend: Backend, store: ConnectionsStore, url: string): Stream {
  if (typeof window === "undefined") return closedStream();
  const tabs = browserTabs(url);
  return createUserStream({ backend, store, network: browserNetwork, visits: browserPageVisits, tabs });
}

/** A server that renders a page has no events. */
function closedStream(): Stream {
  return { state: new ObservableStreamState(), open: () => () => undefined, retry: () => undefined };
}
