import { type AuthProvider, extractWWWAuthenticateParams } from "@modelcontextprotocol/client";
import { isAppSignIn, type SignedIn } from "../../credentials/credentials.js";
import { AuthorizationRequiredError } from "../../errors.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { shownHost } from "../../outbound/shown-host.js";
import type { Challenge } from "../../session/session-record.js";
import { isStale } from "./tokens.js";

/** The server's refusal, with the challenge that leads to its sign-in. */
class ChallengeError extends AuthorizationRequiredError {
  readonly challenge: Challenge;

  constructor(host: string, challenge: Challenge, cause?: unknown) {
    super({ message: `${host} asks you to sign in`, hint: "Sign in to continue.", retryable: false, cause });
    this.challenge = challenge;
  }
}

/** The error of a 401, with the challenge in it (RFC 9728 §5.1, RFC 6750 §3). */
export function challengeIn(response: Response, serverUrl: URL, cause?: unknown): ChallengeError {
  const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(response);
  const challenge = { resourceMetadataUrl: resourceMetadataUrl?.href ?? null, scope: scope ?? null };
  return new ChallengeError(shownHost(serverUrl), challenge, cause);
}

/** The challenge that an error carries, for the record; empty if it carries none. */
export function challengeOf(error: unknown): { challenge?: Challenge } {
  return error instanceof ChallengeError && error.challenge ? { challenge: error.challenge } : {};
}

export interface SessionAuthOptions {
  credentials: SignedIn | undefined;
  /** Returns newer credentials than the ones given. */
  refresh: (held: SignedIn) => Promise<SignedIn>;
  /** A sign-in without a user; absent if only a user can sign in. */
  signIn?: ((challenge: Challenge) => Promise<SignedIn>) | undefined;
  /** The store's clock, ms since the epoch. */
  now: () => number;
}

/**
 * The transport's `AuthProvider` for one session's credentials. Tokens are refreshed before they expire, and once when
 * the server refuses one. Each response is kept with the token that its request carried: comparing with the last token
 * handed out would refresh twice when a slow 401 arrives after another request's refresh.
 */
export class SessionAuthProvider implements AuthProvider {
  readonly #refresh: SessionAuthOptions["refresh"];
  readonly #signIn: SessionAuthOptions["signIn"];
  readonly #now: () => number;
  readonly #sent = new WeakMap<Response, string>();
  readonly #jitter = Math.random();
  #credentials: SignedIn | undefined;
  /** True after a refresh that a 401 made necessary: the new token is used once, whatever its expiry. */
  #fresh = false;
  #awaited: string | undefined;

  constructor({ credentials, refresh, signIn, now }: SessionAuthOptions) {
    this.#credentials = credentials;
    this.#refresh = refresh;
    this.#signIn = signIn;
    this.#now = now;
  }

  /** The scope of the current sign-in; null if there is no sign-in or its scope is unknown. */
  get grantedScope(): string | null {
    return this.#credentials?.signIn.tokens.scope ?? null;
  }

  /** The flow of the current sign-in; undefined without a sign-in. */
  get flow(): string | undefined {
    return this.#credentials?.flow;
  }

  /** The token that is held, however old it is. */
  get accessToken(): string | undefined {
    return this.#credentials?.signIn.tokens.accessToken.reveal();
  }

  /** The authorization server that we are waiting for new tokens from, for a text that users read. */
  get awaited(): string | undefined {
    return this.#awaited;
  }

  async token(): Promise<string | undefined> {
    const held = this.#credentials;
    if (!held) return undefined;
    const fresh = this.#fresh;
    this.#fresh = false;
    if (!fresh && isRenewable(held) && isStale(held.signIn.tokens, this.#now(), this.#jitter)) {
      this.#credentials = await this.#refreshOrKeep(held);
    }
    return this.accessToken;
  }

  async onUnauthorized({ response, serverUrl }: { response: Response; serverUrl: URL }): Promise<void> {
    const held = this.#credentials;
    if (held && this.#sent.get(response) !== `Bearer ${held.signIn.tokens.accessToken.reveal()}`) return;
    try {
      const asked = challengeIn(response, serverUrl);
      const awaited = held ? hostOf(held) : `The sign-in service of ${shownHost(serverUrl)}`;
      this.#credentials = await this.#await(awaited, () => this.#renew(held, asked));
      this.#fresh = true;
    } catch (error) {
      if (error instanceof AuthorizationRequiredError) throw challengeIn(response, serverUrl, error);
      throw error;
    }
  }

  /** `fetch` that remembers which token each response was for. */
  remember(fetch: Fetch): Fetch {
    return async (url, init) => {
      const response = await fetch(url, init);
      const sent = new Headers(init?.headers).get("authorization");
      if (sent) this.#sent.set(response, sent);
      return response;
    };
  }

  /** Returns newer credentials. If the app signs in as itself, it signs in again when there is nothing to renew. */
  async #renew(held: SignedIn | undefined, asked: ChallengeError): Promise<SignedIn> {
    try {
      if (held) return await this.#refresh(held);
    } catch (error) {
      if (!this.#signIn || !(error instanceof AuthorizationRequiredError)) throw error;
    }
    if (!this.#signIn) throw asked;
    return this.#signIn(asked.challenge);
  }

  async #await(awaited: string, renew: () => Promise<SignedIn>): Promise<SignedIn> {
    this.#awaited = awaited;
    try {
      return await renew();
    } finally {
      this.#awaited = undefined;
    }
  }

  /** An unreachable authorization server does no harm while the token is still valid. */
  async #refreshOrKeep(held: SignedIn): Promise<SignedIn> {
    try {
      return await this.#await(hostOf(held), () => this.#refresh(held));
    } catch (error) {
      // The server's 401 will lead to a new sign-in.
      if (this.#signIn && error instanceof AuthorizationRequiredError) return held;
      const { expiresAt } = held.signIn.tokens;
      const alive = expiresAt !== null && this.#now() < expiresAt;
      if (alive && !(error instanceof AuthorizationRequiredError)) return held;
      throw error;
    }
  }
}

/** Whether it can be renewed without a 401 that says how to sign in again. */
const isRenewable = ({ signIn }: SignedIn) => signIn.tokens.refreshToken !== null || isAppSignIn(signIn);

const hostOf = ({ signIn }: SignedIn) => shownHost(signIn.authorizationServer.url);
