// The shapes that an app may rely on, written down on their own, so that ours cannot drift away from them unseen.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { SSEClient, useMcp } from "@mcp-assistant/mcp-redis/client";
import type {
  createSSEHandler,
  MCPClient,
  OAuthClientInformation,
  OAuthTokens,
  sessionStore,
  UnauthorizedError,
} from "@mcp-assistant/mcp-redis/server";
import type {
  McpConnectionEvent,
  McpConnectionState,
  McpObservabilityEvent,
  McpRpcRequest,
  McpRpcResponse,
  ToolInfo,
} from "@mcp-assistant/mcp-redis/shared";
import { expectTypeOf, test } from "vitest";

type State =
  | "DISCONNECTED"
  | "CONNECTING"
  | "AUTHENTICATING"
  | "AUTHENTICATED"
  | "DISCOVERING"
  | "CONNECTED"
  | "VALIDATING"
  | "RECONNECTING"
  | "FAILED";

interface Tool {
  name: string;
  description?: string | undefined;
  inputSchema: object;
}

interface Events {
  state_changed: { sessionId: string; state: State };
  tools_discovered: { sessionId: string; tools: Tool[] };
  auth_required: { sessionId: string; authUrl: string };
  error: { sessionId: string; error: string };
  disconnected: { sessionId: string; reason?: string };
  progress: { sessionId: string; message: string };
}

interface Connected {
  sessionId: string;
  serverName: string;
  state: State;
  tools: Tool[];
}

/** What a page connects with. */
interface Target {
  serverId: string;
  serverName: string;
  serverUrl: string;
  callbackUrl: string;
  transportType: "sse";
}

interface BrowserOptions {
  url: string;
  userId: string;
  authToken?: string;
  onConnectionEvent?: (event: McpConnectionEvent) => void;
}

test("every event has these fields, with these types", () => {
  expectTypeOf<{
    [TType in keyof Events]: Extract<McpConnectionEvent, { type: TType }>;
  }>().toExtend<Events>();
  // The two other types do not stand in the way of reading the id before the type is known.
  expectTypeOf<McpConnectionEvent["sessionId"]>().toEqualTypeOf<string | undefined>();
});

test("these are the states, and a tool has these fields", () => {
  expectTypeOf<McpConnectionState>().toEqualTypeOf<State>();
  expectTypeOf<ToolInfo>().toExtend<Tool>();
});

test("useMcp takes these options, and returns these fields and functions", () => {
  interface Options extends BrowserOptions {
    autoConnect?: boolean;
    autoInitialize?: boolean;
    onLog?: (level: string, message: string, metadata: unknown) => void;
  }
  interface Result {
    connections: Connected[];
    status: string;
    isInitializing: boolean;
    connect: (target: Target) => Promise<string>;
    disconnect: (sessionId: string) => Promise<void>;
    refresh: () => Promise<void>;
    connectSSE: () => void;
    disconnectSSE: () => void;
    getConnection: (sessionId: string) => Connected | undefined;
    getConnectionByServerId: (serverId: string) => Connected | undefined;
    isServerConnected: (serverId: string) => boolean;
    getTools: (sessionId: string) => Tool[];
  }
  expectTypeOf<typeof useMcp>().toExtend<(options: Options) => Result>();
});

test("SSEClient takes these options, and has these methods", () => {
  interface Options extends BrowserOptions {
    onStatusChange?: (status: string) => void;
  }
  interface Client {
    connect: () => void;
    disconnect: () => void;
    getSessions: () => Promise<object>;
    connectToServer: (target: Omit<Target, "transportType">) => Promise<{ sessionId: string; state: State }>;
    disconnectFromServer: (sessionId: string) => Promise<void>;
    listTools: (sessionId: string) => Promise<{ tools: Tool[] }>;
    callTool: (sessionId: string, name: string, args: { arg1: string }) => Promise<object>;
  }
  expectTypeOf<typeof SSEClient>().toExtend<new (options: Options) => Client>();
});

test("MCPClient takes these options, and has these methods", () => {
  interface Options {
    userId: string;
    sessionId: string;
    serverId?: string;
    serverUrl?: string;
    callbackUrl?: string;
    transportType?: "sse";
    onRedirect?: (authUrl: string) => void;
  }
  interface Client {
    connect: () => Promise<void>;
    finishAuth: (code: string) => Promise<object>;
    listTools: () => Promise<{ tools: Tool[] }>;
    callTool: (name: string, args: { arg1: string }) => Promise<object>;
  }
  expectTypeOf<typeof MCPClient>().toExtend<new (options: Options) => Client>();
  expectTypeOf<(typeof sessionStore)["generateSessionId"]>().toExtend<() => string>();
  expectTypeOf<UnauthorizedError["authUrl"]>().toEqualTypeOf<string>();
});

test("createSSEHandler takes these options, and returns a function for node:http", () => {
  interface Options {
    userId: string;
    heartbeatInterval?: number;
    onAuth?: (userId: string) => Promise<boolean>;
  }
  type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;
  expectTypeOf<typeof createSSEHandler>().toExtend<(options: Options) => Handler>();
});

test("the other types have what an app reads of them", () => {
  expectTypeOf<OAuthTokens>().toExtend<{ access_token: string }>();
  expectTypeOf<OAuthClientInformation>().toExtend<{ client_id: string }>();
  expectTypeOf<McpObservabilityEvent>().toExtend<{ message: string }>();
  expectTypeOf<McpRpcRequest>().toExtend<{ id: string; method: string }>();
  expectTypeOf<McpRpcResponse>().toExtend<{ id: string | null }>();
});
