import type { Backend } from "./backend.js";
import { createSseEndpoint, type SseEndpointOptions } from "./sse-endpoint.js";

/** The app's one address for events and calls, without tRPC. */
export function createSseBackend(options: SseEndpointOptions): Backend {
  const { call, openStream } = createSseEndpoint(options);
  return {
    list: async () => (await call("getSessions", undefined)).sessions,
    connect: (input) => call("connect", input),
    reconnect: (input) => call("reconnect", input),
    disconnect: async (sessionId) => void (await call("disconnect", { sessionId })),
    signOut: async (sessionId) => void (await call("signOut", { sessionId })),
    remove: async (sessionId) => void (await call("remove", { sessionId })),
    rename: async (input) => void (await call("rename", input)),
    refreshSession: (sessionId) => call("refreshSession", { sessionId }),
    listTools: async (sessionId) => (await call("listTools", { sessionId })).tools,
    callTool: (sessionId, { signal, ...tool }) => call("callTool", { sessionId, ...tool }, signal),
    instructions: async (sessionId, signal) => (await call("instructions", { sessionId }, signal)).instructions,
    listResources: (sessionId, signal) => call("listResources", { sessionId }, signal),
    listResourceTemplates: (sessionId, signal) => call("listResourceTemplates", { sessionId }, signal),
    readResource: (sessionId, uri, signal) => call("readResource", { sessionId, uri }, signal),
    subscribeResource: async (sessionId, uri, follower) =>
      void (await call("subscribeResource", { sessionId, uri, follower })),
    unsubscribeResource: async (sessionId, uri, follower) =>
      void (await call("unsubscribeResource", { sessionId, uri, follower })),
    listPrompts: (sessionId, signal) => call("listPrompts", { sessionId }, signal),
    getPrompt: (sessionId, { signal, ...prompt }) => call("getPrompt", { sessionId, ...prompt }, signal),
    complete: (sessionId, input, signal) => call("complete", { sessionId, ...input }, signal),
    userKey: (signal) => call("userKey", undefined, signal),
    openStream,
  };
}
