import { Client } from "@modelcontextprotocol/client";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";
import { budgetUser } from "../budgets/budget-user.js";
import type { Limits } from "../limits.js";
import type { Log } from "../logger.js";
import type { StoredSession } from "../session/session-store.js";
import { type AccessDeps, openAccess } from "./access.js";
import { Dialled } from "./dialled.js";
import { handshake } from "./handshake.js";
import { GuardedTransport } from "./transport.js";
import { within } from "./within.js";

export interface DialDeps extends AccessDeps {
  client: { name: string; version: string };
  limits: Limits;
  log: Log;
}

/**
 * Opens a connection to a session's server, in the modern era if the server supports it, otherwise in the legacy one.
 * Aborting `signal` gives up with its reason.
 *
 * Throws a `ServerUrlForbiddenError` if secrets would not be sent over https, a `SessionUnreadableError` if the stored
 * credentials cannot be read, an `AuthorizationRequiredError` on a 401 that no refresh can fix, a `ScopeRequiredError`
 * on a 403 `insufficient_scope`, `AUTHORIZATION_FAILED` for the app's own token, `CONNECT_TIMEOUT`,
 * `SERVER_UNREACHABLE`, `SERVER_ERROR`, `NOT_MCP`, or `LIMIT_EXCEEDED` for a server that sends too much.
 */
export async function dial(
  deps: DialDeps,
  { record, credentials }: Pick<StoredSession, "record" | "credentials">,
  signal?: AbortSignal,
): Promise<Dialled> {
  const url = new URL(record.serverUrl);
  const { auth, authProvider, admittedBy, ...access } = await openAccess(deps, { record, credentials });
  const fetch = within(url, access.fetch, { hasHeaders: record.headers !== null });
  const transport = new GuardedTransport(url, { authProvider, fetch, onInsufficientScope: "throw" });
  const client = new Client(deps.client, {
    versionNegotiation: { mode: "auto" },
    // We check results ourselves, so it never sees a schema. It replaces the default validator, which generates code.
    jsonSchemaValidator: new CfWorkerJsonSchemaValidator(),
  });
  const { userId, sessionId } = record;
  const { limits, log, storeId } = deps;
  const dialled = new Dialled({
    ...{ client, transport, url, auth, admittedBy, limits },
    user: budgetUser(storeId, userId),
    warn: (message, metadata) =>
      log("warn", message, { sessionId, metadata: { "server.address": url.host, ...metadata } }),
  });
  try {
    await dialled.connect((step) => handshake({ client, transport, url, fetch, authProvider }, step), signal);
    return dialled;
  } catch (error) {
    await dialled.close();
    throw error;
  }
}
