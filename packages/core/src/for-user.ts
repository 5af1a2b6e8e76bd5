import { isMcpSessionError, type ToolInfo } from "@mcp-assistant/protocol";
import { type FinishDeps, finishAuthorization } from "./authorization/sign-in/finish.js";
import { type StartDeps, startAuthorization } from "./authorization/sign-in/start.js";
import { readOutcome, readStatus } from "./authorization/sign-in/status.js";
import type { ClientDeps } from "./client/client-deps.js";
import { instructions } from "./client/instructions.js";
import type { LinkPool } from "./client/link-pool.js";
import { SessionClient } from "./client/session-client.js";
import { type ConnectDeps, complete, connect, reconnect } from "./connection/connect.js";
import { disconnect } from "./connection/disconnect.js";
import { rename } from "./connection/rename.js";
import { remove, type SignOutDeps, signOut } from "./connection/sign-out.js";
import { isLackOfRoom } from "./errors.js";
import { type SubscribeDeps, subscribe } from "./events/subscribe.js";
import type { McpUser } from "./mcp.js";
import { countedFor } from "./outbound/counted-fetch.js";
import { connectionsOf, toConnection } from "./session/connection-view.js";
import { checkUserId } from "./session/user-id.js";

/** What the operations on a user's connections need from the app. */
export type UserDeps = ConnectDeps &
  SignOutDeps &
  StartDeps &
  FinishDeps &
  SubscribeDeps &
  ClientDeps & { pool: LinkPool };

/**
 * Everything that one user can do. The user id is checked here, once. `open` throws a `ConfigurationError` for a
 * missing option of the app, and so do the methods.
 *
 * Throws a `UserIdInvalidError`.
 */
export function forUser(open: () => UserDeps, userId: string): McpUser {
  checkUserId(userId);
  const deps = () => countedFor(open(), userId);
  const client = (sessionId: string, options?: { isolated?: boolean | undefined }) =>
    new SessionClient({ ...options, userId, sessionId }, open);
  /** One request, on a connection that stays open for the next one. */
  const single = <T>(sessionId: string, work: (client: SessionClient) => Promise<T>) =>
    deps().pool.use(deps(), { userId, sessionId }, (links) =>
      work(new SessionClient({ userId, sessionId }, open, links)),
    );
  const get = async (sessionId: string) => {
    const { sessions } = deps();
    return toConnection((await sessions.read(userId, sessionId)).record, sessions.authUrl);
  };
  return {
    userId,
    connect: async (input) => connect(deps(), userId, input),
    reconnect: async (sessionId, options) => reconnect(deps(), userId, { ...options, sessionId }),
    disconnect: async (sessionId) => disconnect(deps(), userId, sessionId),
    signOut: async (sessionId) => signOut(deps(), userId, sessionId),
    remove: async (sessionId) => remove(deps(), userId, sessionId),
    rename: async (sessionId, serverName) => rename(deps().sessions, userId, { sessionId, serverName }),
    instructions: async (sessionId, { signal } = {}) => instructions(deps(), { userId, sessionId }, signal),
    refreshSession: async (sessionId) => {
      try {
        return await single(sessionId, (client) => client.refreshSession());
      } catch (error) {
        // It says nothing of the connection.
        if (isMcpSessionError(error) && isLackOfRoom(error)) throw error;
        const connection = await get(sessionId);
        // Otherwise its state says why it cannot be used.
        if (connection.state === "CONNECTED") throw error;
        return connection;
      }
    },
    list: async ({ signal } = {}) => {
      const { sessions, listReads } = deps();
      return connectionsOf(await listReads.connections(sessions, userId, signal), sessions.authUrl);
    },
    get,
    listTools: async (sessionId, { signal } = {}) =>
      (await knownTools(deps(), { userId, sessionId, signal })) ??
      single(sessionId, (client) => client.listTools({ signal })),
    callTool: async (sessionId, name, args, options) =>
      single(sessionId, (client) => client.callTool(name, args, options)),
    listResources: async (sessionId, options) => single(sessionId, (client) => client.listResources(options)),
    listResourceTemplates: async (sessionId, options) =>
      single(sessionId, (client) => client.listResourceTemplates(options)),
    readResource: async (sessionId, uri, options) => single(sessionId, (client) => client.readResource(uri, options)),
    listPrompts: async (sessionId, options) => single(sessionId, (client) => client.listPrompts(options)),
    getPrompt: async (sessionId, name, args, options) =>
      single(sessionId, (client) => client.getPrompt(name, args, options)),
    complete: async (sessionId, input, options) => single(sessionId, (client) => client.complete(input, options)),
    subscribeResource: async (sessionId, uri, options) =>
      single(sessionId, (client) => client.subscribeResource(uri, options)),
    unsubscribeResource: async (sessionId, uri, options) => client(sessionId).unsubscribeResource(uri, options),
    client,
    subscribe: async (options) => subscribe(deps(), { ...options, userId }),
    authorization: {
      start: async (sessionId, options) => startAuthorization(deps(), { userId, sessionId }, options),
      finish: async (callback) => {
        const { attemptId } = await finishAuthorization(deps(), userId, callback, (signedIn, before) =>
          complete(deps(), signedIn, before),
        );
        return { attemptId };
      },
      status: async (attemptId) => readStatus(deps(), userId, attemptId),
      outcome: async (attemptId, { signal } = {}) => readOutcome(deps(), { userId, attemptId, signal }),
    },
  };
}

/** The tools as last listed; undefined when the server has to be asked. */
async function knownTools(
  { sessions, toolLists, listReads }: Pick<UserDeps, "sessions" | "toolLists" | "listReads">,
  { userId, sessionId, signal }: { userId: string; sessionId: string; signal: AbortSignal | undefined },
): Promise<{ tools: ToolInfo[] } | undefined> {
  const { record } = await sessions.read(userId, sessionId);
  const hash = record.tools?.hash;
  const known =
    hash === undefined ? undefined : await listReads.run(userId, () => toolLists.sized(record, hash, signal), signal);
  if (!known && record.state === "CONNECTED") return undefined;
  return { tools: known ?? [] };
}
