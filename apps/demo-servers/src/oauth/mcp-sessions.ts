import { randomUUID } from "node:crypto";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";

const MAX_SESSIONS = 100;
const IDLE_LIMIT_MS = 30 * 60_000;
const SWEEP_INTERVAL_MS = 60_000;

interface Session {
  subject: string;
  transport: StreamableHTTPServerTransport;
  /** ms since the epoch */
  lastUsed: number;
}

export interface McpSessionsOptions {
  /** Builds the server of a new session. */
  createServer: (subject: string) => McpServer;
  maxSessions?: number;
  idleLimitMs?: number;
}

/** The open sessions of the stateful protocol era. Each has one `Mcp-Session-Id`, one server and one user. */
export class McpSessions {
  readonly #sessions = new Map<string, Session>();
  readonly #createServer: (subject: string) => McpServer;
  readonly #maxSessions: number;
  readonly #idleLimitMs: number;
  readonly #sweep: NodeJS.Timeout;

  constructor({ createServer, maxSessions = MAX_SESSIONS, idleLimitMs = IDLE_LIMIT_MS }: McpSessionsOptions) {
    this.#createServer = createServer;
    this.#maxSessions = maxSessions;
    this.#idleLimitMs = idleLimitMs;
    this.#sweep = setInterval(() => void this.#closeIdle(), Math.min(SWEEP_INTERVAL_MS, idleLimitMs));
    this.#sweep.unref();
  }

  /** Creates a transport that becomes a session when it answers `initialize`. */
  async open(subject: string): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: async (id) => {
        this.#sessions.set(id, { subject, transport, lastUsed: Date.now() });
        await this.#makeRoom();
      },
    });
    const server = this.#createServer(subject);
    server.server.onclose = () => {
      if (transport.sessionId !== undefined) this.#sessions.delete(transport.sessionId);
    };
    await server.connect(transport);
    return transport;
  }

  /** The session's transport; `undefined` if there is no such session or it belongs to another user. */
  find(id: string, subject: string): StreamableHTTPServerTransport | undefined {
    const session = this.#sessions.get(id);
    if (session?.subject !== subject) return undefined;
    session.lastUsed = Date.now();
    return session.transport;
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await this.#closeAll([...this.#sessions.values()]);
  }

  #closeIdle(): Promise<void> {
    const limit = Date.now() - this.#idleLimitMs;
    return this.#closeAll([...this.#sessions.values()].filter(({ lastUsed }) => lastUsed <= limit));
  }

  #makeRoom(): Promise<void> {
    const byAge = [...this.#sessions.values()].sort((a, b) => a.lastUsed - b.lastUsed);
    return this.#closeAll(byAge.slice(0, Math.max(0, byAge.length - this.#maxSessions)));
  }

  async #closeAll(sessions: readonly Session[]): Promise<void> {
    await Promise.all(sessions.map(({ transport }) => transport.close()));
  }
}
