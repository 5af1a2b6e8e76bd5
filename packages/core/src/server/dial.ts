import { setTimeout as pause } from "node:timers/promises";
import type { Era, ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { Client, type RequestOptions, type Tool } from "@modelcontextprotocol/client";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";
import type { ClientRegistrations } from "../authorization/client/choice.js";
import { type AppSignInDeps, signInAsApp } from "../authorization/tokens/client-credentials.js";
import { type RefreshDeps, refreshCredentials } from "../authorization/tokens/refresh.js";
import { SessionAuthProvider } from "../authorization/tokens/session-auth-provider.js";
import { type Credentials, isOfTheApp, isSignedIn } from "../credentials/credentials.js";
import { nameAuthorization } from "../credentials/custom-headers.js";
import { SessionUnreadableError } from "../errors.js";
import type { Limits } from "../limits.js";
import type { AddressPolicy } from "../outbound/address-policy.js";
import type { Challenge } from "../session/session-record.js";
import type { StoredSession } from "../session/session-store.js";
import type { Log } from "../telemetry.js";
import { keepsPromise } from "../tools/output-schema.js";
import { toSdkTool, toToolInfos, toToolResult } from "../tools/tool.js";
import { GuardedTransport } from "./guarded-transport.js";
import { ownAuthorization, withHeaders } from "./own-key.js";
import { type AdmittedBy, asConnectionError, brokenPromise } from "./server-error.js";
import { Step } from "./step.js";

export interface DialDeps extends RefreshDeps, AppSignInDeps {
  registrations: ClientRegistrations;
  policy: AddressPolicy;
  client: { name: string; version: string };
  limits: Limits;
  log: Log;
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
 * `SERVER_ERROR`, `NOT_MCP`, or `LIMIT_EXCEEDED` for a server that says too much.
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
  const transport = new GuardedTransport(url, {
    authProvider: hasKey ? ownAuthorization : auth,
    fetch: withHeaders(auth.remember(deps.fetch), headers),
    onInsufficientScope: "throw",
  });
  const client = new Client(deps.client, {
    versionNegotiation: { mode: "auto" },
    // It never sees a schema: we check results ourselves. The one by default makes code.
    jsonSchemaValidator: new CfWorkerJsonSchemaValidator(),
  });
  const { limits, log } = deps;
  const dialled = new Dialled({ client, transport, url, auth, admittedBy, limits, log, sessionId: record.sessionId });
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
  transport: GuardedTransport;
  url: URL;
  auth: Pick<SessionAuthProvider, "grantedScope" | "awaited">;
  admittedBy: AdmittedBy;
  limits: Limits;
  log: Log;
  sessionId: string;
}

/** A server, reached. Its methods throw our errors only, and give up when `cancel` aborts. */
export class Dialled {
  readonly #client: Client;
  readonly #transport: GuardedTransport;
  readonly #url: URL;
  readonly #auth: DialledOptions["auth"];
  readonly #admittedBy: AdmittedBy;
  readonly #limits: Limits;
  readonly #log: Log;
  readonly #sessionId: string;

  constructor({ client, transport, url, auth, admittedBy, limits, log, sessionId }: DialledOptions) {
    this.#client = client;
    this.#transport = transport;
    this.#url = url;
    this.#auth = auth;
    this.#admittedBy = admittedBy;
    this.#limits = limits;
    this.#log = log;
    this.#sessionId = sessionId;
  }

  get era(): Era {
    return this.#client.getProtocolEra() === "modern" ? "modern" : "legacy";
  }

  /** The handshake. */
  connect(cancel?: AbortSignal): Promise<void> {
    const { connectTimeout: ms } = this.#limits;
    return this.#within({ kind: "connect", ms, cancel, bytes: "resultBytes" }, async (options, step) => {
      await this.#client.connect(this.#transport, options);
      step.checkInstructions(this.#client.getInstructions());
    });
  }

  /** All pages; none for a server that has no tools to offer. Each name once, and none that could not be shown. */
  async listTools(cancel?: AbortSignal): Promise<ToolInfo[]> {
    if (!this.#client.getServerCapabilities()?.tools) return [];
    const { listTimeout: ms } = this.#limits;
    return this.#within({ kind: "request", ms, cancel, bytes: "toolListBytes" }, async (options, step) => {
      const listed = await this.#listPages(options, step);
      const { tools, leftOut } = toToolInfos(listed, this.era);
      if (leftOut > 0) this.#tellLeftOut(leftOut);
      return tools;
    });
  }

  /** Page by page: the SDK would write what it leaves out, in the server's own words, to the console. */
  async #listPages(options: RequestOptions, step: Step): Promise<Tool[]> {
    const tools: Tool[] = [];
    let cursor: string | undefined;
    for (let pages = 1; ; pages += 1) {
      step.checkPages(pages);
      const request = { method: "tools/list", params: cursor === undefined ? {} : { cursor } } as const;
      const page = await this.#client.request(request, options);
      tools.push(...page.tools);
      step.checkTools(tools.length);
      // The same page again would have no end.
      if (page.nextCursor === undefined || page.nextCursor === cursor) return tools;
      cursor = page.nextCursor;
    }
  }

  callTool(tool: ToolInfo, args: Record<string, unknown>, cancel?: AbortSignal): Promise<ToolResult> {
    const { requestTimeout: ms } = this.#limits;
    return this.#within({ kind: "request", ms, cancel, bytes: "resultBytes" }, async (options) => {
      const call = { name: tool.name, arguments: args };
      const answer = await this.#client.callTool(call, { ...options, toolDefinition: toSdkTool(tool) });
      const result = toToolResult(answer);
      if (!keepsPromise(tool, result)) throw brokenPromise(this.#url);
      return result;
    });
  }

  #tellLeftOut(count: number): void {
    this.#log(
      "warn",
      "Tools are left out: their names cannot be shown, come twice, or they ask for headers that must not be",
      {
        sessionId: this.#sessionId,
        metadata: { "server.address": this.#url.host, count },
      },
    );
  }

  /** Ends the protocol session where there is one (a modern server has none). Never throws. */
  async close(): Promise<void> {
    const late = pause(closeTimeout, undefined, { ref: false });
    await Promise.race([this.#transport.terminateSession(), late]).catch(() => undefined);
    await this.#client.close().catch(() => undefined);
  }

  async #within<T>(
    { kind, ms, cancel, bytes }: StepOptions,
    work: (options: RequestOptions, step: Step) => Promise<T>,
  ): Promise<T> {
    const step = new Step({ host: this.#url.host, limits: this.#limits, bytes });
    const signal = AbortSignal.any([AbortSignal.timeout(ms), step.broken, ...(cancel ? [cancel] : [])]);
    try {
      return await untilAborted(
        step.run(() => work({ signal, timeout: ms }, step)),
        signal,
      );
    } catch (error) {
      const [admittedBy, { grantedScope, awaited }] = [this.#admittedBy, this.#auth];
      throw asConnectionError(error, {
        ...{ url: this.#url, step: kind, seconds: ms / 1_000, grantedScope, admittedBy, awaited },
        hasSession: this.#transport.sessionId !== undefined,
      });
    } finally {
      step.end();
    }
  }
}

interface StepOptions {
  kind: "connect" | "request";
  ms: number;
  cancel: AbortSignal | undefined;
  bytes: "resultBytes" | "toolListBytes";
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
