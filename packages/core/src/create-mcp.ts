import type {
  ConnectInput,
  Connection,
  ConnectResult,
  EventId,
  ReconnectInput,
  ToolInfo,
} from "@mcp-assistant/protocol";
import { ClientRegistrations } from "./authorization/client/choice.js";
import { type ClientMetadataDocument, clientMetadataOf } from "./authorization/client/document.js";
import { DynamicRegistrations } from "./authorization/client/dynamic.js";
import { AttemptStore } from "./authorization/sign-in/attempt.js";
import { type Callback, finishAuthorization } from "./authorization/sign-in/finish.js";
import { type Started, type StartInput, startAuthorization } from "./authorization/sign-in/start.js";
import { type AttemptStatus, readStatus } from "./authorization/sign-in/status.js";
import { MCPClient } from "./client/mcp-client.js";
import { type ConnectDeps, complete, connect, reconnect, workOf } from "./connection/connect.js";
import { disconnect } from "./connection/disconnect.js";
import { forget, remove } from "./connection/forget.js";
import { CredentialStore } from "./credentials/credential-store.js";
import { type Reencrypted, reencrypt } from "./credentials/reencrypt.js";
import { type StreamedEvent, subscribe } from "./events/subscribe.js";
import { type McpOptions, requireBaseUrl, requireStorage, resolveOptions } from "./options/options.js";
import { AddressPolicy } from "./outbound/address-policy.js";
import { createGuardedFetch } from "./outbound/guarded-fetch.js";
import { Rates } from "./rates/rates.js";
import { connectionsOf, toConnection } from "./session/connection-view.js";
import { Sessions, type SessionsOptions } from "./session/sessions.js";
import { openStorage, type Storage } from "./storage/storage.js";
import { createLog, type Log } from "./telemetry.js";
import { ToolLists } from "./tools/tool-lists.js";

/** Who does it, and with which of his connections. `userId` comes from the server's own authentication. */
export interface OwnSession {
  userId: string;
  sessionId: string;
}

export interface Mcp {
  /** The app's own origin. */
  readonly baseUrl: string;
  /** Whether the connections end with this process. */
  readonly inMemory: boolean;
  /** What the app says of itself to authorization servers (Client ID Metadata Document); null when it has no address. */
  readonly clientMetadata: ClientMetadataDocument | null;
  connect(userId: string, input: ConnectInput): Promise<ConnectResult>;
  /** `headers` replace the custom headers that it had. */
  reconnect(session: OwnSession & Pick<ReconnectInput, "headers">): Promise<ConnectResult>;
  /** Ends the connection, or cancels what is under way; keeps record and sign-in. */
  disconnect(session: OwnSession): Promise<void>;
  /** Ends the connection and erases its sign-in, also at the authorization server where that is offered; keeps the record. */
  forget(session: OwnSession): Promise<void>;
  /** Forgets the connection and erases its record. */
  remove(session: OwnSession): Promise<void>;
  list(userId: string): Promise<Connection[]>;
  get(session: OwnSession): Promise<Connection>;
  /**
   * The tools as last listed, in any state of the connection; empty before the first time. The server is asked only
   * when a CONNECTED one's list has expired.
   */
  tools(session: OwnSession): Promise<ToolInfo[]>;
  client(session: OwnSession): MCPClient;
  subscribe(options: {
    userId: string;
    lastEventId?: EventId | undefined;
    signal?: AbortSignal | undefined;
  }): Promise<AsyncIterableIterator<StreamedEvent, undefined>>;
  readonly authorization: {
    start(input: StartInput): Promise<Started>;
    finish(callback: Callback): Promise<{ attemptId: string }>;
    /** Throws `INVALID_STATE` when there is no such attempt of this user. */
    status(options: { userId: string; attemptId: string }): Promise<AttemptStatus>;
  };
  /**
   * Seals with the first of `encryptionKeys` whatever another key has sealed. May run while the app works, be ended by
   * `signal`, and be run again.
   */
  reencrypt(options?: { signal?: AbortSignal }): Promise<Reencrypted>;
  /** Tells the operator of an error that nobody foresaw: by its class, because its text may hold anything. */
  report(message: string, error: unknown): void;
  /** Ends what this process opened for the storage. Connections stay as they are. */
  close(): Promise<void>;
}

/**
 * Composes an {@link Mcp}. Opens no socket and sets no timer; a missing storage or baseUrl is said at the first use,
 * so that a build without the environment of the running app works.
 *
 * Throws a `ConfigurationError` for an option that cannot work. Its methods throw one when an option is missing, and
 * `STORE_UNAVAILABLE` when the storage does not answer.
 */
export function createMcp(options: McpOptions): Mcp {
  let composed: Composed | undefined;
  const resolved = resolveOptions(options);
  const parts = () => {
    composed ??= compose(options, resolved);
    return composed;
  };
  return {
    get baseUrl() {
      return requireBaseUrl(options.baseUrl);
    },
    inMemory: options.storage === "memory",
    get clientMetadata() {
      return identityOf(options, resolved).document;
    },
    connect: async (userId, input) => connect(parts(), userId, input),
    reconnect: async ({ userId, ...input }) => reconnect(parts(), userId, input),
    disconnect: async ({ userId, sessionId }) => disconnect(parts().sessions, userId, sessionId),
    forget: async ({ userId, sessionId }) => forget(parts(), userId, sessionId),
    remove: async ({ userId, sessionId }) => remove(parts(), userId, sessionId),
    list: async (userId) => {
      const { sessions } = parts();
      return connectionsOf(await sessions.list(userId), sessions.authUrl);
    },
    get: async ({ userId, sessionId }) => {
      const { sessions } = parts();
      return toConnection((await sessions.read(userId, sessionId)).record, sessions.authUrl);
    },
    tools: async (session) => knownTools(parts(), session),
    client: (session) => new MCPClient(parts(), session),
    subscribe: async (subscription) => subscribe(parts(), subscription),
    reencrypt: async ({ signal } = {}) => reencrypt(parts(), signal),
    authorization: {
      start: async (input) => startAuthorization(parts(), input),
      finish: async (callback) => finishAuthorization(parts(), callback),
      status: async (attempt) => readStatus(parts(), attempt),
    },
    report: (message, error) => createLog(resolved.logger)("error", message, { error }),
    close: async () => composed?.storage.close(),
  };
}

type Composed = ReturnType<typeof compose>;

/** How the app is known by its own addresses, which need no storage. */
function identityOf(options: McpOptions, { client, metadataUrl }: ReturnType<typeof resolveOptions>) {
  const baseUrl = requireBaseUrl(options.baseUrl);
  const redirectUrl = `${baseUrl}/api/mcp/auth/callback`;
  const document = clientMetadataOf({ baseUrl, redirectUrl, clientName: client.name, metadataUrl });
  return { baseUrl, redirectUrl, document };
}

function compose(options: McpOptions, resolved: ReturnType<typeof resolveOptions>) {
  const { baseUrl, redirectUrl, document } = identityOf(options, resolved);
  const { sessionTtl, attemptTtl, limits, client, allowHosts, logger, waitForReplicas } = resolved;
  const { encryptionKeys } = options;
  const storage: Storage = openStorage(requireStorage(options.storage), {
    sessionTtl,
    encryptionKeys,
    waitForReplicas,
    logger,
  });
  const { values, ring } = storage;
  const sessions = new Sessions({
    store: storage.sessions,
    limit: limits.sessionsPerUser,
    moved: tellMoves(createLog(logger)),
    authUrl: (sessionId) => `${baseUrl}/api/mcp/auth/start?session=${encodeURIComponent(sessionId)}`,
  });
  const policy = new AddressPolicy(allowHosts);
  const fetch = createGuardedFetch({ policy, log: createLog(logger), timeout: limits.requestTimeout });
  const registrations = new ClientRegistrations({
    configured: resolved.preRegistered,
    document,
    dynamic: new DynamicRegistrations({
      values,
      ring,
      storeId: storage.id,
      fetch,
      clientName: client.name,
      redirectUrl,
    }),
  });
  const connecting: ConnectDeps = {
    sessions,
    rates: new Rates(storage.rates, limits),
    policy,
    callbackUrl: redirectUrl,
    client,
    limits,
    operatorLog: createLog(logger),
    attemptTtl,
    fetch,
    credentials: new CredentialStore(values, { ring, ttl: sessionTtl }),
    toolLists: new ToolLists(values, sessionTtl),
    now: () => sessions.now(),
    storeId: storage.id,
    registrations,
  };
  return {
    ...connecting,
    registrations,
    storage,
    values,
    ring,
    log: storage.log,
    hub: storage.hub,
    attempts: new AttemptStore(values, ring),
    redirectUrl,
    goOn: (record: Parameters<typeof workOf>[1]) => complete(connecting, workOf(connecting, record)),
  };
}

/** What operators follow: every move of every connection, the failed ones as warnings. */
function tellMoves(log: Log): NonNullable<SessionsOptions["moved"]> {
  return (before, { sessionId, state, error, serverUrl }) =>
    log(state === "FAILED" ? "warn" : "info", `The connection is ${state}`, {
      sessionId,
      metadata: {
        state,
        "server.address": new URL(serverUrl).host,
        ...(before ? { previousState: before.state } : {}),
        ...(error ? { "error.type": error.code } : {}),
      },
    });
}

async function knownTools(parts: Composed, session: OwnSession): Promise<ToolInfo[]> {
  const { tools, state } = (await parts.sessions.read(session.userId, session.sessionId)).record;
  const known = tools && (await parts.toolLists.get(tools.hash));
  if (known || state !== "CONNECTED") return known ?? [];
  const client = new MCPClient(parts, session);
  try {
    return await client.listTools();
  } finally {
    await client.close();
  }
}
