import { setTimeout as pause } from "node:timers/promises";
import type { Era, ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { Client, type RequestOptions, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";
import { type AppSignInDeps, signInAsApp } from "../authorization/client-credentials.js";
import type { ClientRegistrations } from "../authorization/client-registration.js";
import { type RefreshDeps, refreshCredentials } from "../authorization/refresh.js";
import { SessionAuthProvider } from "../authorization/session-auth-provider.js";
import { toSdkTool, toToolInfo, toToolResult } from "../client/tool.js";
import { type Credentials, isOfTheApp, isSignedIn } from "../credentials/credentials.js";
import { SessionUnreadableError } from "../errors.js";
import type { Limits } from "../options.js";
import type { AddressPolicy } from "../outbound/address-policy.js";
import type { Fetch } from "../outbound/guarded-fetch.js";
import type { Challenge } from "../session/session-record.js";
import type { StoredSession } from "../session/session-store.js";
import { type AdmittedBy, asConnectionError } from "./connection-error.js";
import { nameAuthorization, ownAuthorization, withHeaders } from "./custom-headers.js";

export interface DialDeps extends RefreshDeps, AppSignInDeps {
  registrations: ClientRegistrations;
  policy: AddressPolicy;
  client: { name: string; version: string };
  limits: Limits;
}

/** How long (ms) the end of a protocol session may take. */
const closeTimeout = 3_000;

/**
 * Opens a connection to a session's server: the modern era where the server speaks it, else the legacy one. `cancel`
 * gives up, with its reason.
 *
 * Throws a `ServerUrlForbiddenError` for secrets that would not go by https, a `SessionUnreadableError` when the sign-in
 * cannot be opened, an `AuthorizationRequiredError` on a 401 that no refresh can answer, a `ScopeRequiredError` on a 403
 * `insufficient_scope`, `AUTHORIZATION_FAILED` for the app's own token, `CONNECT_TIMEOUT`, `SERVER_UNREACHABLE`,
 * `SERVER_ERROR` or `NOT_MCP`.
 */
export async function dial(
  deps: DialDeps,
  { record, credentials }: Pick<StoredSession, "record" | "credentials">,
  cancel?: AbortSignal,
): Promise<Dialled> {
  const url = new URL(record.serverUrl);
  const isOurOwn = deps.registrations.isOurOwn(record.serverUrl);
  const opened = await openCredentials(deps, { record, credentials }, isOurOwn);
  const headers = opened?.headers ?? {};
  if (opened || isOurOwn) deps.policy.checkSecrets(url);
  const hasKey = nameAuthorization(Object.keys(headers));
  const admittedBy = hasKey ? "key" : isOurOwn ? "app" : "sign-in";
  const auth = new SessionAuthProvider({
    // The app's own token is for the servers that its operator says, at this moment.
    credentials: isSignedIn(opened) && (isOurOwn || !isOfTheApp(opened.signIn)) ? opened : undefined,
    refresh: (held) => refreshCredentials(deps, record, held),
    ...(isOurOwn ? { signIn: (challenge: Challenge) => signInAsApp(deps, record, challenge) } : {}),
    now: deps.now,
  });
  const transport = new StreamableHTTPClientTransport(url, {
    authProvider: hasKey ? ownAuthorization : auth,
    fetch: withoutStandingStream(withHeaders(auth.remember(deps.fetch), headers)),
    onInsufficientScope: "throw",
  });
  const client = new Client(deps.client, {
    versionNegotiation: { mode: "auto" },
    // Schemas come from strangers: an interpreter, never code made from them.
    jsonSchemaValidator: new CfWorkerJsonSchemaValidator(),
  });
  const dialled = new Dialled({ client, transport, url, auth, admittedBy, limits: deps.limits });
  try {
    await dialled.connect(cancel);
    return dialled;
  } catch (error) {
    await dialled.close();
    throw error;
  }
}

/** Of what the app can get by itself, nothing is lost: it signs in anew. */
async function openCredentials(
  { credentials: store }: Pick<DialDeps, "credentials">,
  { record, credentials }: Pick<StoredSession, "record" | "credentials">,
  isOurOwn: boolean,
): Promise<Credentials | undefined> {
  if (credentials === undefined) return undefined;
  try {
    return await store.open(record, credentials);
  } catch (error) {
    if (isOurOwn && record.headers === null && error instanceof SessionUnreadableError) return undefined;
    throw error;
  }
}

interface DialledOptions {
  client: Client;
  transport: StreamableHTTPClientTransport;
  url: URL;
  auth: Pick<SessionAuthProvider, "grantedScope" | "awaited">;
  admittedBy: AdmittedBy;
  limits: Limits;
}

/** A server, reached. Its methods throw our errors only, and give up when `cancel` aborts. */
export class Dialled {
  readonly #client: Client;
  readonly #transport: StreamableHTTPClientTransport;
  readonly #url: URL;
  readonly #auth: DialledOptions["auth"];
  readonly #admittedBy: AdmittedBy;
  readonly #limits: Limits;

  constructor({ client, transport, url, auth, admittedBy, limits }: DialledOptions) {
    this.#client = client;
    this.#transport = transport;
    this.#url = url;
    this.#auth = auth;
    this.#admittedBy = admittedBy;
    this.#limits = limits;
  }

  get era(): Era {
    return this.#client.getProtocolEra() === "modern" ? "modern" : "legacy";
  }

  /** The handshake. */
  connect(cancel?: AbortSignal): Promise<void> {
    const { connectTimeout: ms } = this.#limits;
    return this.#within({ step: "connect", ms, cancel }, (options) => this.#client.connect(this.#transport, options));
  }

  /** All pages; none for a server that has no tools to offer. */
  async listTools(cancel?: AbortSignal): Promise<ToolInfo[]> {
    if (!this.#client.getServerCapabilities()?.tools) return [];
    const { listTimeout: ms } = this.#limits;
    return this.#within({ step: "request", ms, cancel }, async (options) => {
      const { tools } = await this.#client.listTools(undefined, options);
      return tools.map(toToolInfo);
    });
  }

  callTool(tool: ToolInfo, args: Record<string, unknown>, cancel?: AbortSignal): Promise<ToolResult> {
    const { requestTimeout: ms } = this.#limits;
    return this.#within({ step: "request", ms, cancel }, async (options) => {
      const call = { name: tool.name, arguments: args };
      return toToolResult(await this.#client.callTool(call, { ...options, toolDefinition: toSdkTool(tool) }));
    });
  }

  /** Ends the protocol session where there is one (a modern server has none). Never throws. */
  async close(): Promise<void> {
    const late = pause(closeTimeout, undefined, { ref: false });
    await Promise.race([this.#transport.terminateSession(), late]).catch(() => undefined);
    await this.#client.close().catch(() => undefined);
  }

  async #within<T>(
    { step, ms, cancel }: { step: "connect" | "request"; ms: number; cancel: AbortSignal | undefined },
    run: (options: RequestOptions) => Promise<T>,
  ): Promise<T> {
    const limit = AbortSignal.timeout(ms);
    const signal = cancel ? AbortSignal.any([limit, cancel]) : limit;
    try {
      return await untilAborted(run({ signal, timeout: ms }), signal);
    } catch (error) {
      const [admittedBy, { grantedScope, awaited }] = [this.#admittedBy, this.#auth];
      throw asConnectionError(error, { url: this.#url, step, seconds: ms / 1_000, grantedScope, admittedBy, awaited });
    }
  }
}

/**
 * `fetch` for a connection that serves one request: the stream on which a legacy server could speak first is declined,
 * as a server itself may do (405, MCP Streamable HTTP). One that resumes an answer is not: a server may end the stream of
 * a call and give the rest to whoever comes back for it.
 */
function withoutStandingStream(fetch: Fetch): Fetch {
  return (url, init) => {
    const stands = init?.method === "GET" && !new Headers(init.headers).has("last-event-id");
    return stands ? Promise.resolve(new Response(null, { status: 405 })) : fetch(url, init);
  };
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
