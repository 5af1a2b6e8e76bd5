import type { ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { stepUp } from "../authorization/step-up.js";
import { challengeOf } from "../authorization/tokens/session-auth-provider.js";
import { type ConnectDeps, reconnect } from "../connection/connect.js";
import { disconnect } from "../connection/disconnect.js";
import { waitForRest } from "../connection/wait-for-rest.js";
import { flowOf } from "../credentials/credentials.js";
import {
  AuthorizationRequiredError,
  HeadersRefusedError,
  NotConnectedError,
  ScopeRequiredError,
  SessionUnreadableError,
  ToolNotFoundError,
} from "../errors.js";
import { singleFlight } from "../process-wide.js";
import { type Dialled, dial } from "../server/dial.js";
import type { StoredSession } from "../session/session-store.js";
import { span } from "../telemetry.js";
import { checkArguments } from "../tools/tool-arguments.js";
import { runCall } from "./running-calls.js";

/** A name as servers give them (MCP, tools). A caller may send any text, which has no place in a span. */
const toolName = /^[\w./-]{1,128}$/;

/** A connection that calls share, and what lets it in: the sign-in and the custom headers that it was made with. */
interface Link {
  admission: string;
  users: number;
  dialled: Promise<Dialled>;
}

/**
 * One session's server, from its `sessionId` alone: any process of a fleet can make one and call. It dials at the
 * first use and keeps the connection until {@link close}.
 */
export class MCPClient {
  readonly #deps: ConnectDeps;
  readonly #userId: string;
  readonly #sessionId: string;
  #link: Link | undefined;
  /** Whether the last call that somebody knows of, of this session in any process, wanted more scope. */
  #steppedUp = false;

  /** @internal */
  constructor(deps: ConnectDeps, { userId, sessionId }: { userId: string; sessionId: string }) {
    this.#deps = deps;
    this.#userId = userId;
    this.#sessionId = sessionId;
  }

  /**
   * Dials the server now instead of at the first call.
   *
   * Throws `SESSION_NOT_FOUND`; `NOT_CONNECTED` when the user has disconnected it; `AUTHORIZATION_REQUIRED` when he has
   * to sign in; `SCOPE_REQUIRED` when the sign-in does not allow this, and the connection then has an `authUrl` unless
   * the server keeps asking; and what the server's answer was: `SERVER_UNREACHABLE`, `CONNECT_TIMEOUT`, `SERVER_ERROR`,
   * `NOT_MCP`. It counts as a call: `RATE_LIMITED` when the user calls too often.
   */
  async connect(): Promise<void> {
    await this.#ready("calls");
    await this.#use(async () => undefined);
  }

  /** The tools as last listed; listed anew when that list has expired, which counts as a call. Throws like {@link connect}. */
  async listTools(): Promise<ToolInfo[]> {
    const known = await this.#knownTools(await this.#ready());
    if (known) return known;
    await this.#deps.rates.take(this.#userId, "calls");
    return this.#listAnew();
  }

  async #knownTools({ record }: StoredSession): Promise<ToolInfo[] | undefined> {
    return record.tools ? this.#deps.toolLists.get(record.tools.hash) : undefined;
  }

  /**
   * Calls a tool. Its own failure is data: `isError: true`. A call is never repeated by itself.
   *
   * Throws like {@link connect}; `TOOL_NOT_FOUND`; `REQUEST_TIMEOUT`; `CANCELLED` when the signal aborts; `LIMIT_EXCEEDED`
   * when too many calls of the session are under way; `RATE_LIMITED` when its user calls too often; `INVALID_INPUT` for
   * arguments deeper than `limits.jsonDepth`. The last three ask the server nothing.
   */
  async callTool(
    name: string,
    args: Record<string, unknown> = {},
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<ToolResult> {
    checkArguments(args, this.#deps.limits.jsonDepth);
    const tool = toolName.test(name) ? { "gen_ai.tool.name": name } : {};
    const attributes = { "mcp_redis.session.id": this.#sessionId, ...tool };
    const key = JSON.stringify([this.#deps.storeId, this.#userId, this.#sessionId]);
    return span("mcp.call", attributes, () =>
      runCall(key, this.#deps.limits.callsPerSession, () => this.#callTool(name, args, signal)),
    );
  }

  async #callTool(name: string, args: Record<string, unknown>, signal: AbortSignal | undefined): Promise<ToolResult> {
    const listed = (await this.#knownTools(await this.#ready("calls"))) ?? (await this.#listAnew());
    const known = listed.find((tool) => tool.name === name);
    const tool = known ?? (await this.#listAnew()).find((candidate) => candidate.name === name);
    if (!tool) {
      throw new ToolNotFoundError({
        message: `The server has no tool "${name}"`,
        hint: "Look at the list of tools: the server may have renamed or removed it.",
        retryable: false,
      });
    }
    const result = await this.#use((dialled) => dialled.callTool(tool, args, signal));
    if (this.#steppedUp) await this.#endStepUps();
    return result;
  }

  /** Whatever becomes of this, the call has its result. */
  async #endStepUps(): Promise<void> {
    const end = this.#deps.sessions.change(this.#userId, this.#sessionId, ({ stepUps }) =>
      stepUps > 0 ? { stepUps: 0 } : undefined,
    );
    await end.catch(() => undefined);
  }

  /** Ends the connection; record and sign-in stay. */
  async disconnect(): Promise<void> {
    await this.close();
    await disconnect(this.#deps.sessions, this.#userId, this.#sessionId);
  }

  /** Ends what this client opened, and leaves the session as it is. */
  async close(): Promise<void> {
    await this.#retire(this.#link);
  }

  async #listAnew(): Promise<ToolInfo[]> {
    const tools = await this.#use((dialled) => dialled.listTools());
    const { sessions, toolLists } = this.#deps;
    const { record } = await sessions.read(this.#userId, this.#sessionId);
    const discovered = await toolLists.discover(tools, record.tools?.hash);
    await sessions.change(this.#userId, this.#sessionId, ({ state, tools: known }) =>
      state === "CONNECTED" && known?.hash !== discovered.hash ? { discovered } : undefined,
    );
    return tools;
  }

  async #use<T>(work: (dialled: Dialled) => Promise<T>): Promise<T> {
    const link = await this.#take().catch(async (error: unknown) => {
      throw error instanceof SessionUnreadableError ? await this.#told(error, undefined) : error;
    });
    try {
      return await work(await link.dialled);
    } catch (error) {
      // Whatever happened to it, the next call dials anew; calls that are under way go on.
      this.#drop(link);
      throw await this.#told(error, link.admission);
    } finally {
      link.users -= 1;
      if (this.#link !== link) await this.#retire(link);
    }
  }

  /** A connection, counted as used from the first moment: what nobody uses any longer may be closed at any time. */
  async #take(): Promise<Link> {
    const { record, credentials } = await this.#ready();
    const admission = admissionOf(record, credentials);
    this.#steppedUp = record.stepUps > 0;
    // The user may have signed in as somebody else since, or given another key.
    if (this.#link && this.#link.admission !== admission) {
      await this.#retire(this.#link);
    }
    const link = this.#link ?? { admission, users: 0, dialled: dial(this.#deps, { record, credentials }) };
    this.#link = link;
    link.users += 1;
    return link;
  }

  #drop(link: Link): void {
    if (this.#link === link) this.#link = undefined;
  }

  /** Closes a connection when the last call on it has ended. */
  async #retire(link: Link | undefined): Promise<void> {
    if (!link) return;
    this.#drop(link);
    if (link.users > 0) return;
    await link.dialled.then(
      (dialled) => dialled.close(),
      () => undefined,
    );
  }

  /** The session when it can be used; one that failed in passing is connected again first. A call is counted with it. */
  async #ready(counted?: "calls"): Promise<StoredSession> {
    const { sessions, rates } = this.#deps;
    const reading = sessions.read(this.#userId, this.#sessionId);
    const stored = await (counted ? rates.takeWhile(this.#userId, counted, reading) : reading);
    if (stored.record.state === "CONNECTED") return stored;
    const { state, error } = await waitForRest(sessions, stored.record);
    if (state === "FAILED" && error?.retryable) await this.#reconnect();
    const rested = await sessions.read(this.#userId, this.#sessionId);
    if (rested.record.state === "CONNECTED") return rested;
    throw notConnected(rested.record.state, rested.record.error);
  }

  /** Calls that find it failed at the same moment connect it once: every connect counts. */
  #reconnect(): Promise<unknown> {
    const [deps, userId, sessionId] = [this.#deps, this.#userId, this.#sessionId];
    const key = JSON.stringify([deps.storeId, userId, sessionId]);
    return singleFlight("reconnect", key, () => reconnect(deps, userId, { sessionId }));
  }

  /**
   * A sign-in that the server no longer accepts, or that does not allow enough, is seen by everybody at once, not at the
   * next click.
   */
  async #told(error: unknown, admission: string | undefined): Promise<unknown> {
    if (error instanceof ScopeRequiredError) return this.#toldMoreScope(error, admission);
    const isRefused = error instanceof AuthorizationRequiredError || error instanceof HeadersRefusedError;
    if (!isRefused && !(error instanceof SessionUnreadableError)) return error;
    await this.#deps.sessions.change(this.#userId, this.#sessionId, ({ state }) =>
      state === "CONNECTED" ? { state: "FAILED", error: error.toJSON(), ...challengeOf(error) } : undefined,
    );
    return error;
  }

  /** The connection goes on working with what it has. */
  async #toldMoreScope(error: ScopeRequiredError, admission: string | undefined): Promise<ScopeRequiredError> {
    let told = error;
    await this.#deps.sessions.change(this.#userId, this.#sessionId, (record, _now, credentials) => {
      told = error;
      // A sign-in that was finished meanwhile may have it.
      if (record.state !== "CONNECTED" || admissionOf(record, credentials) !== admission) return undefined;
      const step = stepUp(record, error);
      told = step.error;
      return step.change;
    });
    return told;
  }
}

/** What lets a session in: the sign-in that its credentials came from, and its custom headers. */
function admissionOf(record: StoredSession["record"], credentials: StoredSession["credentials"]): string {
  const signIn = credentials === undefined ? undefined : flowOf(credentials, record);
  return JSON.stringify([signIn, record.headers?.version]);
}

function notConnected(state: string, error: StoredSession["record"]["error"]) {
  if (state === "AUTHENTICATING" || error?.code === "AUTHORIZATION_REQUIRED") {
    return new AuthorizationRequiredError({
      message: "The server asks for a sign-in",
      hint: "Sign in on the page of the connection.",
      retryable: false,
    });
  }
  if (error?.code === "SCOPE_REQUIRED") return new ScopeRequiredError(error);
  return new NotConnectedError({
    message: error ? `Not connected: ${error.message}` : "Not connected",
    // What fails again in the same way is not helped by a reconnect: its own hint says what does.
    hint: error && !error.retryable ? error.hint : "Reconnect it first.",
    retryable: false,
  });
}
