import { fetchToken, type OAuthClientProvider } from "@modelcontextprotocol/client";
import { issuerOf } from "../../credentials/authorization-server.js";
import type { CredentialStore } from "../../credentials/credential-store.js";
import { newVersion, type SignedIn, type SignIn, type Tokens } from "../../credentials/credentials.js";
import { CancelledError } from "../../errors.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { shownHost } from "../../outbound/shown-host.js";
import { singleFlight } from "../../process-wide.js";
import { randomToken } from "../../random-token.js";
import type { Challenge, SessionRecord } from "../../session/session-record.js";
import type { Sessions } from "../../session/sessions.js";
import { span } from "../../telemetry.js";
import { type ClientRegistrations, clientRefused, isUnknownClient } from "../client/choice.js";
import { boundedFetch, maxAnswerBytes } from "../discovery/bounded-fetch.js";
import { type DiscoveryRules, discoverAuthorizationServer } from "../discovery/discovery.js";
import { asAuthorizationFailure } from "../failure.js";
import { chooseScope } from "../scopes.js";
import { revokeTokens } from "./revoke.js";
import { stampTokens } from "./tokens.js";

/** How long (ms) a token request may take. */
const requestTimeoutMs = 10_000;

export interface TokenRequestDeps {
  fetch: Fetch;
  registrations: Pick<ClientRegistrations, "authenticationOf">;
  /** The store's clock, ms since the epoch. */
  now: () => number;
}

export interface AppSignInDeps extends TokenRequestDeps {
  registrations: Pick<ClientRegistrations, "authenticationOf" | "clientAt">;
  discovery: DiscoveryRules;
  sessions: Sessions;
  credentials: CredentialStore;
  /** Identifies the store, so that two stores in one process do not share a request in flight. */
  storeId: string;
}

/**
 * Requests a token for the app itself (RFC 6749 §4.4), for one MCP server (RFC 8707). Throws the SDK's errors, and an
 * `AuthorizationRequiredError` when the client is no longer in the configuration.
 */
export async function requestAppTokens(
  { fetch, registrations, now }: TokenRequestDeps,
  { client, authorizationServer }: Pick<SignIn, "client" | "authorizationServer">,
  scope: string | null,
): Promise<Tokens> {
  const { url, metadata, resource } = authorizationServer;
  const answer = await fetchToken(
    {
      ...noUser,
      clientInformation: () => ({ client_id: client.client_id }),
      prepareTokenRequest: () => new URLSearchParams({ grant_type: "client_credentials", ...(scope ? { scope } : {}) }),
      addClientAuthentication: registrations.authenticationOf(client, authorizationServer),
    },
    url,
    {
      ...(metadata ? { metadata } : {}),
      ...(resource ? { resource } : {}),
      fetchFn: boundedFetch(fetch, { ms: requestTimeoutMs, bytes: maxAnswerBytes }),
    },
  );
  return stampTokens(answer, { now: now(), scope, refreshToken: null });
}

/** A provider for the SDK when there is no user to sign in. */
const noUser: OAuthClientProvider = {
  redirectUrl: undefined,
  clientMetadata: { redirect_uris: [] },
  clientInformation: () => undefined,
  tokens: () => undefined,
  saveTokens: () => undefined,
  redirectToAuthorization: () => undefined,
  saveCodeVerifier: () => undefined,
  codeVerifier: () => "",
};

/**
 * Signs a session in as the app itself, and stores the tokens like those of a user's sign-in. Callers in this process
 * share one request.
 *
 * Throws an `AuthorizationFailedError` that says which step failed, and a {@link CancelledError} if the session was
 * disconnected meanwhile. In that case the tokens are revoked.
 */
export function signInAsApp(
  deps: AppSignInDeps,
  record: SessionRecord,
  challenge: Challenge | null,
): Promise<SignedIn> {
  return singleFlight("app sign-in", `${deps.storeId} ${record.sessionId}`, async () => {
    const signIn = await requestSignIn(deps, record, challenge);
    let credentials: SignedIn = { tv: newVersion(), cv: newVersion(), flow: randomToken(), signIn, headers: {} };
    try {
      await deps.sessions.change(record.userId, record.sessionId, (current, _now, stored) => {
        const isWanted = current.state === "CONNECTED" || (current.work && current.work.owner === record.work?.owner);
        if (!isWanted) throw cancelled();
        const before = deps.credentials.peek(current, stored);
        credentials = { ...credentials, headers: before?.headers ?? {} };
        return {
          headers: before ? current.headers : null,
          credentials: deps.credentials.encode(current, credentials),
        };
      });
    } catch (error) {
      await revokeTokens(deps, signIn);
      throw error;
    }
    return credentials;
  });
}

async function requestSignIn(deps: AppSignInDeps, { serverUrl }: SessionRecord, challenge: Challenge | null) {
  const server = await discoverAuthorizationServer(serverUrl, challenge, deps.fetch, deps.discovery);
  // Leave out offline_access: there is no user whose sign-in must last while they are away.
  const resource = server.resourceMetadata ? { resourceMetadata: server.resourceMetadata } : {};
  const challenged = challenge?.scope;
  const { client } = await deps.registrations.clientAt(server, serverUrl, {
    scope: chooseScope(resource, { challenged }),
  });
  const authorizationServer = {
    url: server.authorizationServerUrl,
    metadata: server.authorizationServerMetadata ?? null,
    resource: server.resource ?? null,
  };
  const scope = chooseScope(resource, { challenged, configured: client.preregistered?.scope }) ?? null;
  const issuer = issuerOf(authorizationServer);
  try {
    const tokens = await span("mcp.app_sign_in", { "server.address": new URL(issuer).host }, () =>
      requestAppTokens(deps, { client, authorizationServer }, scope),
    );
    return { tokens, client, authorizationServer };
  } catch (error) {
    if (isUnknownClient(error)) throw clientRefused(issuer, error);
    throw asAuthorizationFailure(error, {
      message: `${shownHost(issuer)} refused to sign this app in`,
      hint: "Contact the people who run this app.",
      operatorHint: "Check the client in authorization.clients. If it is right, contact the server's provider.",
    });
  }
}

const cancelled = () =>
  new CancelledError({
    message: "Connecting was cancelled",
    hint: "Connect again when you are ready.",
    retryable: false,
  });
