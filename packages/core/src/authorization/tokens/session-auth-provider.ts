import { type AuthProvider, extractWWWAuthenticateParams } from "@modelcontextprotocol/client";
import { isOfTheApp, type SignedIn } from "../../credentials/credentials.js";
import { AuthorizationRequiredError } from "../../errors.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import type { Challenge } from "../../session/session-record.js";
import { isStale } from "./tokens.js";

/** What a server said when it refused us: the way to its sign-in. */
class ChallengeError extends AuthorizationRequiredError {
  readonly challenge: Challenge;

  constructor(host: string, challenge: Challenge, cause?: unknown) {
    super({ message: `${host} asks for a sign-in`, hint: "Sign in.", retryable: false, cause });
    this.challenge = challenge;
  }
}

/** What a refusal tells of the way to the sign-in, for the record; nothing when it told nothing. */
export function challengeOf(error: unknown): { challenge?: Challenge } {
  return error instanceof ChallengeError && error.challenge ? { challenge: error.challenge } : {};
}

export interface SessionAuthOptions {
  credentials: SignedIn | undefined;
  /** Newer credentials than the ones given. */
  refresh: (held: SignedIn) => Promise<SignedIn>;
  /** A sign-in that needs no user; absent where only a user can sign in. */
  signIn?: ((challenge: Challenge) => Promise<SignedIn>) | undefined;
  /** The store's clock, ms since the epoch. */
  now: () => number;
}

/**
 * The transport's `AuthProvider` over one session's credentials. Tokens are refreshed before they expire, and once
 * when the server refuses one. Which token a refused request carried is kept per response: comparing with the last one
 * handed out would refresh twice when a slow 401 arrives after somebody else's refresh.
 */
export class SessionAuthProvider implements AuthProvider {
  readonly #refresh: SessionAuthOptions["refresh"];
  readonly #signIn: SessionAuthOptions["signIn"];
  readonly #now: () => number;
  readonly #sent = new WeakMap<Response, string>();
  readonly #jitter = Math.random();
  #credentials: SignedIn | undefined;
  /** A token that waited for its refresh is used once, whatever its expiry. */
  #fresh = false;
  #awaited: string | undefined;

  constructor({ credentials, refresh, signIn, now }: SessionAuthOptions) {
    this.#credentials = credentials;
    this.#refresh = refresh;
    this.#signIn = signIn;
    this.#now = now;
  }

  /** The scope of the sign-in that is used at present; null when there is none, or nobody has named it. */
  get grantedScope(): string | null {
    return this.#credentials?.signIn.tokens.scope ?? null;
  }

  /** The authorization server that new tokens are waited for from at this moment, for a text that people read. */
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
    return this.#credentials?.signIn.tokens.accessToken.reveal();
  }

  async onUnauthorized({ response, serverUrl }: { response: Response; serverUrl: URL }): Promise<void> {
    const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(response);
    const challenge = { resourceMetadataUrl: resourceMetadataUrl?.href ?? null, scope: scope ?? null };
    const held = this.#credentials;
    if (held && this.#sent.get(response) !== `Bearer ${held.signIn.tokens.accessToken.reveal()}`) return;
    try {
      const asked = new ChallengeError(serverUrl.host, challenge);
      const awaited = held ? hostOf(held) : `The authorization server of ${serverUrl.host}`;
      this.#credentials = await this.#await(awaited, () => this.#renew(held, asked));
      this.#fresh = true;
    } catch (error) {
      if (error instanceof AuthorizationRequiredError) throw new ChallengeError(serverUrl.host, challenge, error);
      throw error;
    }
  }

  /** `fetch`, remembering which token each answer was given to. */
  remember(fetch: Fetch): Fetch {
    return async (url, init) => {
      const response = await fetch(url, init);
      const sent = new Headers(init?.headers).get("authorization");
      if (sent) this.#sent.set(response, sent);
      return response;
    };
  }

  /** Newer credentials; where the app signs in by itself, a new sign-in when there is nothing that can be renewed. */
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

  /** An authorization server that is away costs nothing while the token still lives. */
  async #refreshOrKeep(held: SignedIn): Promise<SignedIn> {
    try {
      return await this.#await(hostOf(held), () => this.#refresh(held));
    } catch (error) {
      // The 401 that follows tells the way to a new one.
      if (this.#signIn && error instanceof AuthorizationRequiredError) return held;
      const { expiresAt } = held.signIn.tokens;
      const alive = expiresAt !== null && this.#now() < expiresAt;
      if (alive && !(error instanceof AuthorizationRequiredError)) return held;
      throw error;
    }
  }
}

/** Whether it can be renewed without a refusal that says how to sign in anew. */
const isRenewable = ({ signIn }: SignedIn) => signIn.tokens.refreshToken !== null || isOfTheApp(signIn);

const hostOf = ({ signIn }: SignedIn) => new URL(signIn.authorizationServer.url).host;
