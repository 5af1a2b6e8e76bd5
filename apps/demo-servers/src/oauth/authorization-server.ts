import { localhostHostValidation } from "@modelcontextprotocol/node";
import express, { type Express } from "express";
import type { JSONWebKeySet } from "jose";
import type { ClientMetadata, Configuration, KoaContextWithOIDC } from "oidc-provider";
import type { RequestLog } from "../request-log.js";
import { createConsentRoutes } from "./consent.js";
import { loadOidcProvider } from "./load-oidc-provider.js";
import { createMemoryAdapter } from "./memory-adapter.js";
import { PAGE_HEADERS, renderProblemPage } from "./page.js";
import { ALL_SCOPES } from "./scopes.js";
import { publicKeyOf } from "./signing-key.js";
import type { OauthState } from "./state.js";

const DAY_S = 24 * 60 * 60;

export interface AuthorizationServerOptions {
  issuer: string;
  /** The MCP URL, the only resource that tokens are issued for. */
  resource: string;
  /** seconds */
  accessTokenTtl: number;
  /** Whether its pages cut the link to the window that opened them. */
  partsFromOpener: boolean;
  state: Pick<OauthState, "signingKey" | "cookieKey" | "entries" | "entriesChanged">;
  log: RequestLog;
  /** Clients that are registered in advance. */
  clients: readonly ClientMetadata[];
  /** Whether clients may register themselves (RFC 7591). */
  registration: boolean;
}

export interface AuthorizationServer {
  app: Express;
  publicKeys: JSONWebKeySet;
  /**
   * Whether the user's consent is still valid: not expired, and not revoked by the client or a reused refresh token.
   */
  isGrantActive: (grantId: string) => Promise<boolean>;
}

/**
 * An OAuth 2.1 authorization server: dynamic client registration (RFC 7591), PKCE S256, resource indicators (RFC 8707),
 * rotating refresh tokens, `iss` in every authorization response (RFC 9207), revocation (RFC 7009).
 */
export async function createAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const { issuer, resource, state, log } = options;
  const { Provider, errors } = await loadOidcProvider();

  const provider = new Provider(issuer, {
    ...configure(options),
    jwks: { keys: [state.signingKey] },
    features: {
      ...FEATURES,
      registration: { enabled: options.registration, issueRegistrationAccessToken: false },
      resourceIndicators: {
        enabled: true,
        // MCP clients must name the resource, so a client that names none is refused (RFC 8707 §2).
        defaultResource: (_ctx, _client, oneOf) => {
          if (oneOf === undefined) throw new errors.InvalidTarget("the resource parameter is required");
          return oneOf;
        },
        getResourceServerInfo: (_ctx, indicator) => {
          if (indicator !== resource) throw new errors.InvalidTarget("there is no such resource");
          return {
            scope: ALL_SCOPES.join(" "),
            audience: resource,
            accessTokenFormat: "jwt",
            accessTokenTTL: options.accessTokenTtl,
            jwt: { sign: { alg: "ES256" } },
          };
        },
        useGrantedResource: () => true,
      },
    },
  });

  const grantTypes = new WeakMap<object, string>();
  const noteGrantType = (ctx: KoaContextWithOIDC) => {
    const grantType = ctx.oidc.params?.grant_type;
    if (typeof grantType === "string") grantTypes.set(ctx.req, grantType);
  };
  provider.on("grant.success", noteGrantType);
  provider.on("grant.error", noteGrantType);
  provider.on("server_error", (_ctx, error) => console.error(`The authorization server failed: ${error.message}`));

  const app = express();
  const hostIsLocal = localhostHostValidation();
  app.disable("x-powered-by");
  // Otherwise a web page that rebinds its DNS name to 127.0.0.1 could click "Allow" itself.
  app.use((request, response, next) => {
    if (hostIsLocal(request, response)) next();
  });
  app.use((_request, response, next) => {
    if (options.partsFromOpener) response.set("cross-origin-opener-policy", "same-origin");
    next();
  });
  app.use(log.record("authorization", { nameIds, grantType: (request) => grantTypes.get(request) }));
  app.use(createConsentRoutes({ provider, resource, SessionNotFound: errors.SessionNotFound }));
  app.use(provider.callback());

  return {
    app,
    publicKeys: { keys: [publicKeyOf(state.signingKey)] },
    isGrantActive: async (grantId) => (await provider.Grant.find(grantId)) !== undefined,
  };
}

/** Sets everything explicitly, because oidc-provider prints a notice on the console for each default that it uses. */
function configure({ accessTokenTtl, state, clients }: AuthorizationServerOptions): Configuration {
  return {
    adapter: createMemoryAdapter({ entries: state.entries, changed: state.entriesChanged }),
    clients: [...clients],
    clientAuthMethods: ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    clientBasedCORS: () => false,
    // The `scope` of a client's registration is checked against this list.
    scopes: ["offline_access", ...ALL_SCOPES],
    responseTypes: ["code"],
    pkce: { required: () => true },
    cookies: {
      keys: [state.cookieKey],
      // Cookies are shared between ports: everything on 127.0.0.1 sees them, including the application that connects.
      names: { session: "demo_notes_session", interaction: "demo_notes_interaction", resume: "demo_notes_resume" },
    },
    ttl: {
      AccessToken: accessTokenTtl,
      AuthorizationCode: 60,
      ClientCredentials: accessTokenTtl,
      Grant: 14 * DAY_S,
      IdToken: 60,
      Interaction: 600,
      RefreshToken: 14 * DAY_S,
      Session: 600,
    },
    // By default a refresh token needs `offline_access` with a prompt. MCP clients often ask for neither.
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: true,
    expiresWithSession: () => false,
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    extraTokenClaims: (_ctx, token) => ("grantId" in token ? { grant_id: token.grantId } : undefined),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    renderError: (ctx, { error_description, error }) => {
      ctx.set(PAGE_HEADERS);
      ctx.body = renderProblemPage(`The application's request was refused: ${error_description ?? error}.`);
    },
  };
}

const FEATURES: NonNullable<Configuration["features"]> = {
  devInteractions: { enabled: false },
  clientCredentials: { enabled: true },
  dPoP: { enabled: false },
  pushedAuthorizationRequests: { enabled: false },
  revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
  rpInitiatedLogout: { enabled: false },
  userinfo: { enabled: false },
};

/** Removes interaction ids, which are also in cookies and must not appear in the log. */
function nameIds(path: string): string {
  return path.replace(/^\/(interaction|auth)\/[^/]+/, "/$1/:uid");
}
