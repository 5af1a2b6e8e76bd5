import type {
  Completion,
  CompletionInput,
  Connection,
  ListedPrompts,
  ListedResources,
  ListedResourceTemplates,
  PromptResult,
  ReadResourceResult,
  ToolInfo,
  ToolResult,
} from "@mcp-assistant/protocol";
import { sessionConflict } from "../connection/connect.js";
import { disconnect } from "../connection/disconnect.js";
import { AuthorizationRequiredError } from "../errors.js";
import { countedFor } from "../outbound/counted-fetch.js";
import { toConnection } from "../session/connection-view.js";
import { checkUserId } from "../session/user-id.js";
import { span } from "../telemetry.js";
import { checkArguments } from "../tools/tool-arguments.js";
import { ask, oneOfTheCalls } from "./ask.js";
import { type CallToolOptions, checkCallOptions } from "./call-options.js";
import type { ClientDeps } from "./client-deps.js";
import { connectOwn } from "./connect-own.js";
import { finishAuth } from "./finish-auth.js";
import { follow, unfollow } from "./follow.js";
import { Links } from "./links.js";
import { ready, type SessionOfUser } from "./ready.js";
import type { SessionClientOptions } from "./session-client-options.js";
import { redirect, withAuthUrl } from "./sign-in.js";
import { callTool, checkSession, listTools, type Talk } from "./tools.js";

/** A well-formed tool name (MCP, Tools). A caller may send any other text, which has no place in a span. */
const toolName = /^[\w./-]{1,128}$/;

/**
 * One user's connection to one server. It needs nothing but the ids, so any process of a fleet can make one. It opens a
 * network connection at the first use and keeps it until {@link close}.
 *
 * Every method throws `USER_ID_INVALID`, and `SESSION_NOT_FOUND` for a session that does not exist or is another user's.
 */
export class SessionClient {
  readonly #options: SessionClientOptions;
  readonly #session: SessionOfUser;
  readonly #open: () => ClientDeps;
  readonly #links: Links | undefined;
  #talk: Talk | undefined;
  #isChecked = false;

  /**
   * `open` gives the app's parts at the first use; `links` are those of the session, if others use them, too. Reads
   * nothing and opens nothing.
   *
   * @internal
   */
  constructor(options: SessionClientOptions, open: () => ClientDeps, links?: Links) {
    this.#options = options;
    // A host without a type checker may leave it out where it is needed. No session has this id.
    this.#session = { userId: options.userId, sessionId: options.sessionId ?? "" };
    this.#open = open;
    this.#links = links;
  }

  /**
   * The session that this client uses. After {@link connect} it is another one than given, if the user already had a
   * connection with that `serverId`. Empty if none was given and {@link finishAuth} has not found it yet.
   */
  get sessionId(): string {
    return this.#session.sessionId;
  }

  /**
   * Connects. With `serverUrl`, it first creates the session under exactly the given id, or takes the one that the user
   * already has with this `serverId`, and connects it: ten clicks make one session. Without, it uses the existing
   * session: it makes the handshake now instead of at the first call, unless one is kept. Then nothing is sent, and
   * {@link refreshSession} is the way to see whether the server still answers.
   *
   * Throws `AUTHORIZATION_REQUIRED`, with the `authUrl` of our own sign-in page, when the user has to sign in;
   * `NOT_CONNECTED` without `serverUrl`, when the user has disconnected it; `SCOPE_REQUIRED` when the sign-in does not
   * allow this: the connection then has an `authUrl`, unless the server keeps asking; `SERVER_UNREACHABLE`,
   * `CONNECT_TIMEOUT`, `SERVER_ERROR` or `NOT_MCP`, depending on the server's answer. It counts as a call:
   * `RATE_LIMITED` when the user calls too often. With `serverUrl` also `SERVER_URL_INVALID`, `SERVER_URL_FORBIDDEN`,
   * `INVALID_INPUT`, `LIMIT_EXCEEDED`, and `SESSION_CONFLICT` if the session has another address; with `onRedirect`
   * also `AUTHORIZATION_FAILED`.
   */
  async connect(): Promise<void> {
    const { onRedirect } = this.#options;
    await this.#use(async ({ deps, session, links }) => {
      try {
        if (this.#options.serverUrl !== undefined && (await connectOwn(deps, session, this.#options)))
          await links.close();
        await links.use(await ready(deps, session, "calls"), async () => undefined);
      } catch (error) {
        if (onRedirect && error instanceof AuthorizationRequiredError) await redirect(deps, session, onRedirect);
        throw error;
      }
    });
  }

  /**
   * Finishes a sign-in that `onRedirect` began. Takes the whole callback as it came: its address as the browser sees
   * it, or its path and query. When it resolves, the server has been connected and its tools listed; the answer is the
   * connection as it then is.
   *
   * The query alone, or `URLSearchParams`, is enough at an issuer of `authorization.clients`, and at one that promises
   * to name itself (`iss`, RFC 9207). A bare code is enough only at an issuer of `authorization.clients` without
   * `callback: "issuer"` that does not promise `iss`, and only while this sign-in is the only open one of the session.
   *
   * Throws `INVALID_STATE` and changes nothing if the callback belongs to no open sign-in of this user and session, or
   * comes from another authorization server, or to another address; `INVALID_INPUT` if there is no callback in it, or
   * if the query or a bare code is not enough; `ACCESS_DENIED` when the user declined; `AUTHORIZATION_FAILED` when the
   * code was refused; and, when the sign-in worked but connecting did not, like {@link connect}.
   */
  async finishAuth(callback: URL | URLSearchParams | string): Promise<Connection> {
    return this.#use(({ deps, session }) => finishAuth(deps, session, callback));
  }

  /**
   * The tools as last listed. When that list has expired, the server is asked again, which counts as a call. Throws
   * like {@link connect}.
   */
  async listTools({ signal }: Pick<CallToolOptions, "signal"> = {}): Promise<{ tools: ToolInfo[] }> {
    return this.#use(async (talk) => ({ tools: await listTools(talk, signal) }));
  }

  /**
   * Calls a tool. The tool's own failure is data: `isError: true`. A call is sent once more only when the server has
   * forgotten its protocol session, and so has refused it unread.
   *
   * Throws like {@link connect}; `TOOL_NOT_FOUND`; `REQUEST_TIMEOUT`; `CANCELLED` when the signal aborts;
   * `LIMIT_EXCEEDED` when too many calls of the session are under way; `RATE_LIMITED` when its user calls too often;
   * `INVALID_INPUT` for arguments deeper than `limits.jsonDepth`, or for an invalid option. For the last three, the
   * server is not contacted.
   */
  async callTool(name: string, args: Record<string, unknown> = {}, options: CallToolOptions = {}): Promise<ToolResult> {
    return this.#use((talk) => {
      checkArguments(args, talk.deps.limits.jsonDepth);
      checkCallOptions(options);
      const tool = toolName.test(name) ? { "gen_ai.tool.name": name } : {};
      return span("mcp.call", { "mcp_redis.session.id": talk.session.sessionId, ...tool }, () =>
        oneOfTheCalls(talk, () => callTool(talk, { ...options, name, args })),
      );
    });
  }

  /**
   * The server's resources, asked of it now; empty if it offers none. `leftOut` counts those that cannot be used, and
   * `ttlMs` says how long the list is fresh, where the server says it. Counts as a call. Throws like {@link connect},
   * and `REQUEST_TIMEOUT`, `CANCELLED` and `LIMIT_EXCEEDED`.
   */
  async listResources({ signal }: Pick<CallToolOptions, "signal"> = {}): Promise<ListedResources> {
    return this.#use((talk) => ask.resources(talk, signal));
  }

  /** The server's resource templates, like {@link listResources}. */
  async listResourceTemplates({ signal }: Pick<CallToolOptions, "signal"> = {}): Promise<ListedResourceTemplates> {
    return this.#use((talk) => ask.resourceTemplates(talk, signal));
  }

  /** The server's prompts, like {@link listResources}. */
  async listPrompts({ signal }: Pick<CallToolOptions, "signal"> = {}): Promise<ListedPrompts> {
    return this.#use((talk) => ask.prompts(talk, signal));
  }

  /**
   * Reads a resource. Throws like {@link listResources}, `LIMIT_EXCEEDED` also when too many calls of the session are
   * under way; `RESOURCE_NOT_FOUND`; `NOT_SUPPORTED` if the server offers no resources, and `INVALID_INPUT` for what is
   * no URI of at most 8,192 characters: then the server is not asked.
   */
  async readResource(uri: string, { signal }: Pick<CallToolOptions, "signal"> = {}): Promise<ReadResourceResult> {
    return this.#use((talk) => ask.resource(talk, { uri }, signal));
  }

  /**
   * Fills in a prompt. Throws like {@link listResources}, `LIMIT_EXCEEDED` also when too many calls of the session are
   * under way; `NOT_SUPPORTED` if the server offers no prompts; `INVALID_INPUT` for a name of more than 256 characters,
   * for an argument that is no text, or if the server refuses one of them.
   */
  async getPrompt(
    name: string,
    args: Record<string, string> = {},
    { signal }: Pick<CallToolOptions, "signal"> = {},
  ): Promise<PromptResult> {
    return this.#use((talk) => ask.prompt(talk, { name, arguments: args }, signal));
  }

  /**
   * The server's proposals for an argument of a prompt, or a variable of a resource template. Throws like
   * {@link listResources}, `LIMIT_EXCEEDED` also when too many calls of the session are under way; `NOT_SUPPORTED` if
   * the server offers no completions; `INVALID_INPUT` for an invalid input, or if the server refuses the prompt, the
   * template or the argument.
   */
  async complete(input: CompletionInput, { signal }: Pick<CallToolOptions, "signal"> = {}): Promise<Completion> {
    return this.#use((talk) => ask.completion(talk, input, signal));
  }

  /**
   * Follows a resource for ten minutes: while the user has an event stream open, `resource_updated` tells when it
   * changes. Call it again to go on. With a `follower`, such as the ID of a page, it is followed until the last one has
   * gone. Counts as a call. Throws like {@link connect}; `NOT_SUPPORTED` if the server does not tell, or has no
   * standing stream; `INVALID_INPUT` for what is no URI of at most 8,192 characters, and `LIMIT_EXCEEDED` beyond
   * `limits.followedResources`.
   */
  async subscribeResource(uri: string, options: { follower?: string | undefined } = {}): Promise<void> {
    return this.#use((talk) => follow(talk, { ...options, uri }));
  }

  /** Ends that for this follower. Does nothing if it does not follow the resource. Throws `SESSION_NOT_FOUND`. */
  async unsubscribeResource(uri: string, options: { follower?: string | undefined } = {}): Promise<void> {
    return this.#use((talk) => unfollow(talk, { ...options, uri }));
  }

  /**
   * Checks that the session still works, by listing the server's tools once. Returns the connection as it then is. It
   * counts as a call. Throws like {@link connect}.
   */
  async refreshSession(): Promise<Connection> {
    return this.#use(async (talk) => {
      const { sessions } = talk.deps;
      const { userId, sessionId } = talk.session;
      await checkSession(talk);
      return toConnection((await sessions.read(userId, sessionId)).record, sessions.authUrl);
    });
  }

  /** Ends the connection; keeps the record and the sign-in. */
  async disconnect(): Promise<void> {
    await this.#use(async ({ deps, session, links }) => {
      await links.close();
      await disconnect(deps, session.userId, session.sessionId);
    });
  }

  /** Closes what this client opened, and leaves the session as it is. */
  async close(): Promise<void> {
    await this.#talk?.links.close();
  }

  async #use<T>(work: (talk: Talk) => Promise<T>): Promise<T> {
    checkUserId(this.#session.userId);
    const talk = this.#talk ?? this.#begin();
    try {
      await this.#checkServerId(talk);
      return await work(talk);
    } catch (error) {
      throw withAuthUrl(talk, error);
    }
  }

  /** With `serverUrl`, creating the session compares it. */
  async #checkServerId({ deps, session: { userId, sessionId } }: Talk): Promise<void> {
    const { serverId, serverUrl } = this.#options;
    if (this.#isChecked || serverId === undefined || serverUrl !== undefined) return;
    const { record } = await deps.sessions.read(userId, sessionId);
    if (record.serverId !== serverId) throw sessionConflict(record, "has a different serverId");
    this.#isChecked = true;
  }

  #begin(): Talk {
    const deps = countedFor(this.#open(), this.#session.userId);
    const links = this.#links ?? new Links(deps, this.#session, this.#options.isolated);
    this.#talk = { deps, session: this.#session, links };
    return this.#talk;
  }
}
