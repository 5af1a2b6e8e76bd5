import { setTimeout as pause } from "node:timers/promises";
import type { Era, ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { Client, type RequestOptions, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";
import { type RefreshDeps, refreshCredentials } from "../authorization/refresh.js";
import { SessionAuthProvider } from "../authorization/session-auth-provider.js";
import { toSdkTool, toToolInfo, toToolResult } from "../client/tool.js";
import { decodeCredentials } from "../credentials/credentials.js";
import type { Limits } from "../options.js";
import type { Fetch } from "../outbound/guarded-fetch.js";
import type { StoredSession } from "../session/session-store.js";
import { asConnectionError } from "./connection-error.js";

export interface DialDeps extends RefreshDeps {
  client: { name: string; version: string };
  limits: Limits;
}

/** A server with which the handshake is done. Its methods throw our errors only. */
export interface Dialled {
  readonly era: Era;
  listTools(cancel?: AbortSignal): Promise<ToolInfo[]>;
  callTool(tool: ToolInfo, args: Record<string, unknown>, cancel?: AbortSignal): Promise<ToolResult>;
  /** Ends the protocol session where there is one. Never throws. */
  close(): Promise<void>;
}

/** How long (ms) the end of a protocol session may take. */
const closeTimeout = 3_000;

/**
 * Opens a connection to a session's server: the modern era where the server speaks it, else the legacy one.
 *
 * `cancel` gives up. Throws its reason then; an `AuthorizationRequiredError` on a 401 that no refresh can answer, `CONNECT_TIMEOUT`, `SERVER_UNREACHABLE`,
 * `SERVER_ERROR` or `NOT_MCP`.
 */
export async function dial(
  deps: DialDeps,
  { record, credentials }: Pick<StoredSession, "record" | "credentials">,
  cancel?: AbortSignal,
): Promise<Dialled> {
  const url = new URL(record.serverUrl);
  const { connectTimeout, listTimeout, requestTimeout } = deps.limits;
  const auth = new SessionAuthProvider({
    credentials: credentials === undefined ? undefined : decodeCredentials(record.sessionId, credentials),
    refresh: (held) => refreshCredentials(deps, record.sessionId, held),
    now: deps.now,
  });
  const transport = new StreamableHTTPClientTransport(url, {
    authProvider: auth,
    fetch: withoutStandingStream(auth.remember(deps.fetch)),
    onInsufficientScope: "throw",
  });
  const client = new Client(deps.client, {
    versionNegotiation: { mode: "auto" },
    // Schemas come from strangers: an interpreter, never code made from them.
    jsonSchemaValidator: new CfWorkerJsonSchemaValidator(),
  });

  const within = async <T>(
    step: Step,
    ms: number,
    run: (options: RequestOptions) => Promise<T>,
    cancel?: AbortSignal,
  ) => {
    const limit = AbortSignal.timeout(ms);
    const signal = cancel ? AbortSignal.any([limit, cancel]) : limit;
    try {
      return await untilAborted(run({ signal, timeout: ms }), signal);
    } catch (error) {
      throw asConnectionError(error, { url, step, seconds: ms / 1_000 });
    }
  };
  const close = async () => {
    // A modern transport has no protocol session, and then this sends nothing.
    await Promise.race([transport.terminateSession(), pause(closeTimeout)]).catch(() => undefined);
    await client.close().catch(() => undefined);
  };

  try {
    await within("connect", connectTimeout, (options) => client.connect(transport, options), cancel);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    era: client.getProtocolEra() === "modern" ? "modern" : "legacy",
    listTools: async (cancel) => {
      if (!client.getServerCapabilities()?.tools) return [];
      const { tools } = await within("request", listTimeout, (options) => client.listTools(undefined, options), cancel);
      return tools.map(toToolInfo);
    },
    callTool: (tool, args, cancel) =>
      within(
        "request",
        requestTimeout,
        async (options) => {
          const call = { name: tool.name, arguments: args };
          return toToolResult(await client.callTool(call, { ...options, toolDefinition: toSdkTool(tool) }));
        },
        cancel,
      ),
    close,
  };
}

type Step = "connect" | "request";

/**
 * `fetch` for a connection that serves one request: the stream on which a legacy server could speak first is declined,
 * as a server itself may do (405, MCP Streamable HTTP).
 */
function withoutStandingStream(fetch: Fetch): Fetch {
  return (url, init) =>
    init?.method === "GET" ? Promise.resolve(new Response(null, { status: 405 })) : fetch(url, init);
}

/** Settles with the promise, or rejects with the signal's reason when that comes first: not every step heeds a signal. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
