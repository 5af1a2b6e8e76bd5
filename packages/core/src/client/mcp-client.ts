import type { ToolInfo, ToolResult } from "@mcp-assistant/protocol";
import { disconnect } from "../connection/disconnect.js";
import { span } from "../telemetry.js";
import { checkArguments } from "../tools/tool-arguments.js";
import { Links } from "./links.js";
import { partsOf } from "./open-mcps.js";
import { ready } from "./ready.js";
import { runCall } from "./running-calls.js";
import { callTool, listTools, type Talk } from "./tools.js";

/** A well-formed tool name (MCP, Tools). A caller may send any other text, which has no place in a span. */
const toolName = /^[\w./-]{1,128}$/;

export interface MCPClientOptions {
  /** From the app's own authentication. */
  userId: string;
  sessionId: string;
  /** What `createMcp` returned; by default the only one that is open in this process. */
  mcp?: { close(): Promise<void> } | undefined;
}

/**
 * Calls one session's server. It needs nothing but the ids, so any process of a fleet can make one. It dials at the
 * first use and keeps the connection until {@link close}.
 */
export class MCPClient {
  readonly #talk: Talk;

  /** Throws a `ConfigurationError` when no `createMcp` is open in this process, or several are and `mcp` is missing. */
  constructor({ userId, sessionId, mcp }: MCPClientOptions) {
    const deps = partsOf(mcp);
    const session = { userId, sessionId };
    this.#talk = { deps, session, links: new Links(deps, session) };
  }

  /**
   * Dials the server now instead of at the first call.
   *
   * Throws `SESSION_NOT_FOUND`; `NOT_CONNECTED` when the user has disconnected it; `AUTHORIZATION_REQUIRED` when they
   * have to sign in; `SCOPE_REQUIRED` when the sign-in does not allow this: the connection then has an `authUrl`,
   * unless the server keeps asking; `SERVER_UNREACHABLE`, `CONNECT_TIMEOUT`, `SERVER_ERROR` or `NOT_MCP`, depending on
   * the server's answer. It counts as a call: `RATE_LIMITED` when the user calls too often.
   */
  async connect(): Promise<void> {
    const { deps, session, links } = this.#talk;
    await links.use(await ready(deps, session, "calls"), async () => undefined);
  }

  /**
   * The tools as last listed. When that list has expired, the server is asked again, which counts as a call. Throws
   * like {@link connect}.
   */
  async listTools(): Promise<ToolInfo[]> {
    return listTools(this.#talk);
  }

  /**
   * Calls a tool. The tool's own failure is data: `isError: true`. A call is never repeated automatically.
   *
   * Throws like {@link connect}; `TOOL_NOT_FOUND`; `REQUEST_TIMEOUT`; `CANCELLED` when the signal aborts;
   * `LIMIT_EXCEEDED` when too many calls of the session are under way; `RATE_LIMITED` when its user calls too often;
   * `INVALID_INPUT` for arguments deeper than `limits.jsonDepth`. For the last three, the server is not contacted.
   */
  async callTool(
    name: string,
    args: Record<string, unknown> = {},
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<ToolResult> {
    const { deps, session } = this.#talk;
    const { storeId, limits } = deps;
    checkArguments(args, limits.jsonDepth);
    const tool = toolName.test(name) ? { "gen_ai.tool.name": name } : {};
    const key = JSON.stringify([storeId, session.userId, session.sessionId]);
    return span("mcp.call", { "mcp_redis.session.id": session.sessionId, ...tool }, () =>
      runCall(key, limits.callsPerSession, () => callTool(this.#talk, { name, args, signal })),
    );
  }

  /** Ends the connection; keeps the record and the sign-in. */
  async disconnect(): Promise<void> {
    const { deps, session, links } = this.#talk;
    await links.close();
    await disconnect(deps.sessions, session.userId, session.sessionId);
  }

  /** Closes what this client opened, and leaves the session as it is. */
  async close(): Promise<void> {
    await this.#talk.links.close();
  }
}
