import type { McpAppRouter } from "@mcp-assistant/api";
import { toConnectionEvent } from "@mcp-assistant/protocol";
import { createTRPCClient, type TRPCClient } from "@trpc/client";
import type { Backend, StreamListeners, StreamRequest } from "./backend.js";
import { alone, createMcpLinks, type LinkOptions } from "./links.js";
import { toSessionError } from "./session-error.js";

type Procedures = TRPCClient<McpAppRouter>["mcp"];

/** The app's tRPC procedures, under the key `mcp`. */
export function createTrpcBackend(options: LinkOptions): Backend {
  const procedures = proceduresOf(options);
  const { connections, tools, resources, prompts, completions, events } = procedures;
  /** Pages without a token do not load the package. */
  const readByFetch = async () => proceduresOf({ ...options, EventSource: (await import("eventsource")).EventSource });
  let streamed = options.authToken === undefined || options.EventSource ? procedures : undefined;
  return {
    list: () => typed(connections.list.query()),
    connect: (input) => typed(connections.connect.mutate(input)),
    reconnect: (input) => typed(connections.reconnect.mutate(input)),
    disconnect: (sessionId) => typed(connections.disconnect.mutate({ sessionId })),
    signOut: (sessionId) => typed(connections.signOut.mutate({ sessionId })),
    remove: (sessionId) => typed(connections.remove.mutate({ sessionId })),
    rename: (input) => typed(connections.rename.mutate(input)),
    refreshSession: (sessionId) => typed(connections.refreshSession.mutate({ sessionId })),
    listTools: (sessionId) => typed(tools.list.query({ sessionId })),
    callTool: (sessionId, { signal, ...call }) => typed(tools.call.mutate({ sessionId, ...call }, until(signal))),
    instructions: (sessionId, signal) => typed(connections.instructions.query({ sessionId }, live(signal))),
    listResources: (sessionId, signal) => typed(resources.list.query({ sessionId }, live(signal))),
    listResourceTemplates: (sessionId, signal) => typed(resources.templates.query({ sessionId }, live(signal))),
    readResource: (sessionId, uri, signal) => typed(resources.read.mutate({ sessionId, uri }, until(signal))),
    subscribeResource: (sessionId, uri, follower) => typed(resources.subscribe.mutate({ sessionId, uri, follower })),
    unsubscribeResource: (sessionId, uri, follower) =>
      typed(resources.unsubscribe.mutate({ sessionId, uri, follower })),
    listPrompts: (sessionId, signal) => typed(prompts.list.query({ sessionId }, live(signal))),
    getPrompt: (sessionId, { signal, ...prompt }) => typed(prompts.get.mutate({ sessionId, ...prompt }, until(signal))),
    complete: (sessionId, input, signal) => typed(completions.complete.mutate({ sessionId, ...input }, until(signal))),
    userKey: (signal) => typed(events.userKey.query(undefined, { signal, context: alone })),
    openStream(request, listeners) {
      if (streamed) return subscribe(streamed, request, listeners);
      let close: (() => void) | undefined = () => undefined;
      readByFetch().then(
        (loaded) => {
          streamed ??= loaded;
          if (close) close = subscribe(streamed, request, listeners);
        },
        (error: unknown) => close && listeners.ended(toSessionError(error)),
      );
      return () => {
        close?.();
        close = undefined;
      };
    },
  };
}

const until = (signal: AbortSignal | undefined) => (signal ? { signal } : {});

/** A server is asked, which may take long: in a batch, all others would wait for it. */
const live = (signal: AbortSignal | undefined) => ({ ...until(signal), context: alone });

function proceduresOf(options: LinkOptions): Procedures {
  return createTRPCClient<McpAppRouter>({ links: createMcpLinks(options) }).mcp;
}

async function typed<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw toSessionError(error);
  }
}

function subscribe(
  { events }: Procedures,
  request: StreamRequest,
  { opened, event, ended }: StreamListeners,
): () => void {
  const subscription = events.subscribe.subscribe(request, {
    onData: ({ id, data }) => event(id, toConnectionEvent(data)),
    onConnectionStateChange: ({ state, error }) => {
      if (state === "pending") opened();
      // Otherwise the EventSource would retry twice a second forever.
      else if (error) ended(toSessionError(error));
    },
    onError: (error) => ended(toSessionError(error)),
    onComplete: () => ended(toSessionError(undefined)),
  });
  return () => subscription.unsubscribe();
}
