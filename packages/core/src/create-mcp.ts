import { ClientRegistrations } from "./authorization/client/choice.js";
import { ConfiguredPages } from "./authorization/client/configured-pages.js";
import { clientMetadataOf } from "./authorization/client/document.js";
import { DynamicRegistrations } from "./authorization/client/dynamic.js";
import { shareCallback } from "./authorization/client/pre-registered.js";
import { SignInPages } from "./authorization/client/sign-in-pages.js";
import type { RedirectUrls } from "./authorization/redirect-urls.js";
import { AttemptStore } from "./authorization/sign-in/attempt.js";
import { FollowedResources } from "./client/followed-resources.js";
import { LinkPool } from "./client/link-pool.js";
import { CredentialStore } from "./credentials/credential-store.js";
import { type ReencryptDeps, reencrypt } from "./credentials/reencrypt.js";
import { ConfigurationError } from "./errors.js";
import { forUser, type UserDeps } from "./for-user.js";
import { hasHandler } from "./handlers.js";
import { createLog, type Log } from "./logger.js";
import type { Mcp } from "./mcp.js";
import { forgetMcp, rememberMcp } from "./open-mcps.js";
import { requireBaseUrl, requireCallbackUrls } from "./options/base-url.js";
import type { McpOptions } from "./options/options.js";
import { type ResolvedOptions, resolveOptions } from "./options/resolve-options.js";
import { AddressPolicy } from "./outbound/address-policy.js";
import { createGuardedFetch } from "./outbound/guarded-fetch.js";
import { RefusedHosts } from "./outbound/refused-hosts.js";
import { ListReads } from "./rates/list-reads.js";
import { Rates } from "./rates/rates.js";
import { Handshakes } from "./server/handshakes.js";
import { Sessions, type SessionsOptions } from "./session/sessions.js";
import { ListChanges } from "./standing/list-changes.js";
import { StandingStreams } from "./standing/standing-streams.js";
import { isInMemory } from "./storage/drivers.js";
import { openStorage, type Storage } from "./storage/storage.js";
import { ToolLists } from "./tools/tool-lists.js";

/** The parts of an app, made at its first use. */
type Parts = UserDeps & ReencryptDeps & { storage: Storage; changes: ListChanges; standing: StandingStreams };

/**
 * Creates an {@link Mcp}. Opens no socket and sets no timer. A missing storage or baseUrl is reported at the first use,
 * so that an app can be built without its runtime environment.
 *
 * Throws a `ConfigurationError` for an invalid option. The methods throw one when an option is missing, and
 * `STORE_UNAVAILABLE` when the storage does not answer.
 */
export function createMcp(options: McpOptions): Mcp {
  const resolved = resolveOptions(options);
  const log = createLog(resolved.logger);
  let composed: Parts | undefined;
  const reported = new Set<string>();
  /** Also logs what is wrong with the options: otherwise only the user would see it, on the page. */
  const configured = <T>(use: () => T): T => {
    try {
      return use();
    } catch (error) {
      if (error instanceof ConfigurationError && !reported.has(error.message)) {
        reported.add(error.message);
        log("error", `${error.message}. ${error.hint}`);
      }
      throw error;
    }
  };
  const parts = () => {
    composed ??= compose(options, resolved, {
      log,
      hasHandler: () => options.basePath !== undefined || hasHandler(mcp),
    });
    return composed;
  };
  const configuredParts = () => configured(parts);
  const mcp: Mcp = {
    get baseUrl() {
      return configured(() => requireBaseUrl(options.baseUrl));
    },
    basePath: resolved.basePath,
    trustProxy: resolved.trustProxy,
    callbackUrls: resolved.callbackUrls,
    get inMemory() {
      return isInMemory(options.storage);
    },
    get clientMetadata() {
      return configured(() => identityOf(options, resolved).document);
    },
    forUser: (userId) => forUser(configuredParts, userId),
    check: () => void parts(),
    reencrypt: async ({ signal } = {}) => reencrypt(configuredParts(), signal),
    report: (message, error) => log("error", message, { error }),
    warn: (message) => log("warn", message),
    close: async () => {
      forgetMcp(mcp);
      composed?.changes.close();
      await composed?.standing.close();
      await composed?.pool.close();
      await composed?.storage.close();
    },
  };
  if (shareCallback(resolved.preRegistered)) log("warn", sharedCallback);
  rememberMcp(mcp, { parts: configuredParts, options: () => comparedOptions(options, resolved) });
  return mcp;
}

const sharedCallback =
  "Issuers of authorization.clients share one redirect URL, so one of them could take another's codes. For each, register " +
  'the redirect URL of that issuer alone, and set callback: "issuer"';

/**
 * What makes an app this one and no other. Each of these decides who can read the secrets, where sign-ins come back to,
 * as whom, what may be dialled, or how much and how long. Only a logger decides none of this, and each bundle has its own.
 */
function comparedOptions(
  { storage, encryptionKeys, baseUrl, authorization }: McpOptions,
  { logger: _logger, preRegistered: _checked, allowHosts, metadataUrl, ...others }: ResolvedOptions,
) {
  return {
    storage,
    // A storage in memory makes its own keys.
    encryptionKeys: isInMemory(storage) ? undefined : encryptionKeys,
    baseUrl,
    // As they were given: once checked, equal ones of two bundles are of two classes.
    "authorization.clients": authorization?.clients ?? [],
    "outbound.allowHosts": allowHosts,
    "client.metadataUrl": metadataUrl,
    ...others,
  };
}

/** The app's identity, derived from its own addresses. Needs no storage. */
function identityOf(options: McpOptions, { basePath, client, metadataUrl, callbackUrls }: ResolvedOptions) {
  const baseUrl = requireBaseUrl(options.baseUrl);
  const address = `${baseUrl}${basePath}`;
  const redirectUrls: RedirectUrls = [`${address}/auth/callback`, ...requireCallbackUrls(callbackUrls)];
  const document = clientMetadataOf({ baseUrl, address, redirectUrls, clientName: client.name, metadataUrl });
  return { baseUrl, address, redirectUrls, document };
}

function compose(
  options: McpOptions,
  resolved: ResolvedOptions,
  { log, hasHandler }: { log: Log; hasHandler: () => boolean },
): Parts {
  const { baseUrl, address, redirectUrls, document } = identityOf(options, resolved);
  const { basePath, sessionTtl, attemptTtl, limits, client, allowHosts, logger, waitForReplicas } = resolved;
  const { encryptionKeys } = options;
  const agreed = { encryptionKeys, baseUrl, basePath };
  const storage = openStorage(options.storage, { ...agreed, sessionTtl, waitForReplicas, logger });
  const { driver, ring, hub, log: eventLog, id: storeId } = storage;
  const sessions = new Sessions({
    store: storage.sessions,
    limit: limits.sessionsPerUser,
    moved: logMoves(log),
    authUrl: (sessionId) => `${address}/auth/start?session=${encodeURIComponent(sessionId)}`,
  });
  const policy = new AddressPolicy(allowHosts);
  const fetch = createGuardedFetch({ policy, log, timeout: limits.requestTimeout });
  const { preRegistered } = resolved;
  // Also the document that an earlier configuration had.
  const ours = new Set([document?.client_id, `${address}/client-metadata.json`]);
  const isReserved = (id: string) => ours.has(id) || preRegistered.some(({ clientId }) => clientId === id);
  const shared = { driver, ring, storeId, fetch, clientName: client.name, redirectUrls };
  const registrations = new ClientRegistrations({
    configured: preRegistered,
    document,
    redirectUrls,
    dynamic: new DynamicRegistrations({ ...shared, isReserved }),
  });
  const issuers = new Set(preRegistered.flatMap(({ issuer }) => issuer ?? []));
  // Where the app signs in as itself, no user is sent to a page.
  const withPages = preRegistered.filter(({ grant }) => grant === "authorization_code");
  const pages = new ConfiguredPages([...new Set(withPages.flatMap(({ issuer }) => issuer ?? []))], fetch);
  const changes = new ListChanges(() => parts);
  const standing = new StandingStreams(() => parts);
  const parts: Parts = {
    storage,
    changes,
    standing,
    watch: standing,
    heard: (from, said) => changes.heard(from, said),
    sessions,
    driver,
    ring,
    hub,
    eventLog,
    storeId,
    rates: new Rates(driver, limits),
    listReads: new ListReads(storeId, limits),
    credentials: new CredentialStore(driver, { ring, ttl: sessionTtl }),
    attempts: new AttemptStore(driver, ring),
    pool: new LinkPool(),
    handshakes: new Handshakes(driver, ring),
    followed: new FollowedResources(driver, {
      limits,
      changed: ({ userId, sessionId }) => standing.poke(userId, sessionId),
    }),
    toolLists: new ToolLists(driver, { ttl: sessionTtl, limits }),
    registrations,
    policy,
    discovery: { appOrigin: new URL(baseUrl).origin, named: resolved.preRegistered },
    refusedHosts: new RefusedHosts(log),
    fetch,
    log,
    limits,
    client,
    attemptTtl,
    redirectUrls,
    pages: new SignInPages(driver, { issuers, pages }),
    hasHandler,
    now: () => sessions.now(),
  };
  return parts;
}

/** Logs every state change of every connection, and failures as warnings. */
function logMoves(log: Log): NonNullable<SessionsOptions["moved"]> {
  return (before, { sessionId, state, error, serverUrl }) =>
    log(state === "FAILED" ? "warn" : "info", `The connection is ${state}`, {
      sessionId,
      metadata: {
        state,
        "server.address": new URL(serverUrl).host,
        ...(before ? { previousState: before.state } : {}),
        ...(error ? { "error.type": error.code } : {}),
        ...(error?.operatorHint ? { "mcp_redis.operator_hint": error.operatorHint } : {}),
      },
    });
}
