import { type Connection, parseUrl } from "@mcp-assistant/protocol";
import { boundedFetch, maxAnswerBytes, maxMetadataBytes } from "../authorization/discovery/bounded-fetch.js";
import { issuerIdOf, redirectUrlOfIssuer } from "../authorization/redirect-urls.js";
import type { Attempt } from "../authorization/sign-in/attempt.js";
import type { ClientDeps } from "../client/client-deps.js";
import { finishAuth } from "../client/finish-auth.js";
import { checkOnRedirect, withAuthUrl } from "../client/sign-in.js";
import { issuerOf } from "../credentials/authorization-server.js";
import type { SignIn } from "../credentials/credentials.js";
import { InvalidStateError } from "../errors.js";
import type { Mcp } from "../mcp.js";
import { countedFor } from "../outbound/counted-fetch.js";
import { partsOrDefault } from "../parts-or-default.js";
import { isWithin } from "../server/within.js";
import { checkUserId } from "../session/user-id.js";
import { MessageEndpoints } from "./message-endpoints.js";
import { issuerIn } from "./metadata-issuer.js";
import { withoutFetch, wrongServer } from "./misuse.js";
import type { ProviderDeps } from "./provider-deps.js";
import type {
  GrantedTokens,
  ProviderClient,
  ProviderClientMetadata,
  ProviderContext,
  ProviderDiscovery,
  ProviderTokens,
} from "./sdk-types.js";
import { askServer, type ServerRequest } from "./server-requests.js";
import { SignIns } from "./sign-ins.js";
import { StoredSignIn } from "./stored-sign-in.js";

export interface RedisOAuthClientProviderOptions {
  /** From the app's own authentication. */
  userId: string;
  sessionId: string;
  /** What `createMcp` returned; by default `defaultMcp()`, looked up at the first use. */
  mcp?: Pick<Mcp, "close"> | undefined;
  /**
   * Called when the user has to sign in, with the address of the authorization server itself; without it, use the
   * connection's `authUrl`. That sign-in is bound to the user, but to no browser, and only
   * {@link RedisOAuthClientProvider.finishAuth} or the transport's own finishes it. The address contains its secret
   * `state`: give it to this user alone, and do not log it.
   */
  onRedirect?: ((authUrl: string) => void | Promise<void>) | undefined;
}

/** How long (ms) a request to an authorization server may take. */
const asideTimeoutMs = 10_000;

/**
 * One session's sign-in for a transport of the official MCP SDK, v1 or v2. It implements the SDK's `OAuthClientProvider`:
 *
 * ```ts
 * const p = new RedisOAuthClientProvider({ userId, sessionId, onRedirect });
 * const transport = new StreamableHTTPClientTransport(new URL(serverUrl), { authProvider: p, fetch: p.fetch });
 * ```
 *
 * {@link fetch} renews the tokens, so the SDK never does. Without it, the SDK gets a `ConfigurationError` on a 401.
 *
 * Making one reads nothing and opens nothing. Every method throws `SESSION_NOT_FOUND` for a session that is not this
 * user's, `STORE_UNAVAILABLE`, and what `defaultMcp()` throws.
 */
export class RedisOAuthClientProvider {
  readonly #deps: ProviderDeps;
  readonly #signIns: SignIns;
  readonly #stored: StoredSignIn;
  readonly #endpoints = new MessageEndpoints();
  readonly #onRedirect: RedisOAuthClientProviderOptions["onRedirect"];
  #redirectUrl: string | undefined;
  #serverUrl: URL | undefined;
  #usesFetch = false;
  /** Whether the SDK has been told that the user must sign in, and has not started that yet. */
  #isAsked = false;
  /** Whether the SDK compares the issuer in a callback (RFC 9207), as v2 does. */
  #checksIssuer = false;

  /**
   * Throws `USER_ID_INVALID`, and a `ConfigurationError` for an `mcp` that `createMcp` did not return, or an `onRedirect`
   * that is no function.
   */
  constructor({ userId, sessionId, mcp, onRedirect }: RedisOAuthClientProviderOptions) {
    checkUserId(userId);
    checkOnRedirect("RedisOAuthClientProvider", onRedirect);
    const open = partsOrDefault(mcp);
    let parts: ClientDeps | undefined;
    this.#deps = {
      session: { userId, sessionId },
      get parts() {
        parts ??= countedFor(open(), userId);
        return parts;
      },
    };
    this.#signIns = new SignIns(this.#deps);
    this.#stored = new StoredSignIn(this.#deps);
    this.#onRedirect = onRedirect;
  }

  /**
   * The guarded fetch with the session's sign-in, for the transport's option `fetch`. It sends the stored access token
   * to the session's server (its own path, those below it, and where its HTTP+SSE stream wants messages), and renews it
   * before it expires and once on a 401: one request for all callers of all processes. A 401 is returned only if the
   * user has to sign in.
   *
   * Throws `SERVER_UNREACHABLE` when the server or its authorization server does not answer, which signs no one out;
   * `NOT_CONNECTED` when the user has disconnected; `RATE_LIMITED`; `SCOPE_REQUIRED` when the server keeps asking for
   * more; a `ConfigurationError` for another server's address; and what the guarded fetch throws.
   */
  get fetch(): (url: string | URL, init?: RequestInit) => Promise<Response> {
    this.#usesFetch = true;
    return this.#fetch;
  }

  /**
   * Where the authorization server sends the browser back to: the redirect URL of the attempt, or that of the issuer alone
   * whose metadata {@link fetch} has just read. The SDKs ask after that. Before, it is the app's shared callback.
   */
  get redirectUrl(): string {
    return this.#redirectUrl ?? this.#deps.parts.redirectUrls[0];
  }

  get clientMetadata(): ProviderClientMetadata {
    return {
      client_name: this.#deps.parts.client.name,
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
  }

  /** The current access token, never the refresh token: only {@link fetch} renews. Undefined without a sign-in. */
  tokens(_context?: ProviderContext): Promise<ProviderTokens | undefined> {
    return this.#stored.handOut();
  }

  /**
   * Stores what the exchange of a code got through {@link fetch}, if the sign-in is still the session's current one, and
   * continues connecting. Throws `INVALID_STATE` and stores nothing otherwise; the tokens are then revoked.
   */
  saveTokens(tokens: GrantedTokens, _context?: ProviderContext): Promise<void> {
    return this.#signIns.save(tokens);
  }

  /**
   * Opens an attempt: ours, with a state, code verifier and redirect URL of its own. Throws `RATE_LIMITED`,
   * `AUTHORIZATION_FAILED`, `CANCELLED`, or `NOT_CONNECTED` while the session is being connected.
   */
  async state(): Promise<string> {
    const { state, url } = await this.#signIns.open();
    this.#redirectUrl = url.searchParams.get("redirect_uri") ?? undefined;
    return state;
  }

  /** Passes the authorization URL of our own attempt to `onRedirect`. Throws `INVALID_STATE` for a URL of another one. */
  async redirectToAuthorization(authorizationUrl: URL): Promise<void> {
    const ours = this.#signIns.redirectOf(parseUrl(String(authorizationUrl))?.searchParams.get("state") ?? null);
    this.#isAsked = false;
    await this.#onRedirect?.(ours.href);
  }

  /** The SDK's verifier is not used: the attempt has its own. */
  saveCodeVerifier(_codeVerifier: string): void {}

  /**
   * Takes the open attempt for the one exchange of its code. Throws `INVALID_STATE` without one, and a
   * `ConfigurationError` that names {@link finishAuth} when several are open, when the caller does not check the issuer
   * that the authorization server promises in its callback, or when only the callback's address says who sent it.
   */
  codeVerifier(): Promise<string> {
    return this.#signIns.take({ checked: this.#checksIssuer });
  }

  /** Where the sign-in takes place, found by our own discovery. Throws `INVALID_STATE` when no sign-in is open. */
  async discoveryState(): Promise<ProviderDiscovery> {
    if (!this.#usesFetch) throw withoutFetch();
    const attempt = await this.#attempt();
    if (!attempt) throw new InvalidStateError("unknown");
    const { url, metadata, resource } = attempt.authorizationServer;
    return {
      authorizationServerUrl: url,
      ...(metadata ? { authorizationServerMetadata: metadata } : {}),
      ...(resource === null ? {} : { resourceMetadata: { resource, authorization_servers: [url] } }),
    };
  }

  /**
   * Our client in the open attempt, or else in the sign-in, without its secret. The app registers itself, once for all
   * its users, so there is no `saveClientInformation`, and the SDK never registers.
   */
  async clientInformation(context?: ProviderContext): Promise<ProviderClient | undefined> {
    this.#checksIssuer = context !== undefined;
    const used: Pick<SignIn, "client" | "authorizationServer"> | undefined =
      (await this.#attempt()) ?? (await this.#stored.read());
    return used && { client_id: used.client.client_id, issuer: issuerOf(used.authorizationServer) };
  }

  /** Adds our client's authentication, and the redirect URL and resource of the attempt, to the exchange of a code. */
  readonly addClientAuthentication = (headers: Headers, form: URLSearchParams, url: string | URL): Promise<void> =>
    this.#signIns.authenticate(headers, form, url);

  /**
   * `tokens` erases and revokes the tokens that {@link tokens} returned last, unless another process has stored newer
   * ones; `verifier` ends the attempt that this instance opened. `client` and `discovery` need nothing: each attempt
   * finds both again.
   */
  async invalidateCredentials(scope: "all" | "client" | "tokens" | "verifier" | "discovery"): Promise<void> {
    if (scope === "all" || scope === "tokens") await this.#stored.erase();
    if (scope === "all" || scope === "verifier") await this.#signIns.abandon();
  }

  /**
   * Finishes a sign-in that `onRedirect` began, like `MCPClient.finishAuth`. Takes the whole callback as it came: its
   * address as the browser sees it, or its path and query. Works in any process, also with several open sign-ins, and
   * compares the address, and the issuer (RFC 9207) for SDK v1 too. A repeat changes nothing, and gets the same answer.
   *
   * Throws `INVALID_STATE` and changes nothing when the user, session, address, issuer or sign-in does not match;
   * `INVALID_INPUT` if there is no callback in it, or its address is needed and missing; `ACCESS_DENIED` when the user
   * declined; `AUTHORIZATION_FAILED`; and, when the sign-in worked but connecting did not, why.
   */
  async finishAuth(callback: URL | URLSearchParams | string): Promise<Connection> {
    return finishAuth(this.#deps.parts, this.#deps.session, callback);
  }

  /** The attempt that the SDK is about: the one to start now, or else the newest one that is open. */
  async #attempt(): Promise<Attempt | undefined> {
    const attempt = this.#isAsked ? await this.#signIns.opened() : await this.#signIns.newest();
    if (attempt) this.#redirectUrl = attempt.redirectUrl;
    return attempt;
  }

  readonly #fetch = async (input: string | URL, given: RequestInit = {}): Promise<Response> => {
    const init = { ...given, method: (given.method ?? "GET").toUpperCase() };
    const url = new URL(input);
    url.hash = "";
    const server = await this.#server();
    const form = init.body instanceof URLSearchParams ? init.body : undefined;
    const isPost = init.method === "POST";
    const isMcp = /^bearer /i.test(new Headers(init.headers).get("authorization") ?? "") || (isPost && !form);
    const isItsOwn = url.href === server.href || this.#endpoints.has(url);
    // The SDK follows a redirect within the server's origin by itself.
    if (isItsOwn || (isMcp && isWithin(server, url))) return this.#ask({ server, url, init });
    if (isMcp) throw wrongServer();
    const bytes = isPost ? maxAnswerBytes : maxMetadataBytes;
    const send = () => boundedFetch(this.#deps.parts.fetch, { ms: asideTimeoutMs, bytes })(url, init);
    if (form?.get("grant_type") === "authorization_code") return this.#signIns.exchange(url, form, send);
    const response = await send();
    const issuer = await issuerIn(url, response);
    if (issuer !== undefined)
      this.#redirectUrl = redirectUrlOfIssuer(this.#deps.parts.redirectUrls, issuerIdOf(issuer));
    return response;
  };

  async #ask(request: ServerRequest): Promise<Response> {
    const { response, refusal } = await askServer(this.#deps, request);
    if (!refusal) return request.init.method === "GET" ? this.#endpoints.watch(response, request.server) : response;
    if (!this.#onRedirect) {
      // The SDK would begin a sign-in, and no one could send the user there.
      await response.body?.cancel();
      throw withAuthUrl({ deps: this.#deps.parts, session: this.#deps.session }, refusal);
    }
    this.#isAsked = true;
    return response;
  }

  async #server(): Promise<URL> {
    const { parts, session } = this.#deps;
    this.#serverUrl ??= new URL((await parts.sessions.read(session.userId, session.sessionId)).record.serverUrl);
    return this.#serverUrl;
  }
}
