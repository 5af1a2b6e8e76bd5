import { createHash, randomBytes } from "node:crypto";

/** The answer of a token endpoint (RFC 6749 §5). */
export interface TokenAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** One user's consent, with all tokens that came from it. */
interface Grant {
  revoked: boolean;
  accessTokens: Set<string>;
  /** The one refresh token that is still valid. */
  refreshToken: string;
  scope: string;
}

interface Code {
  challenge: string;
  redirectUri: string;
  scope: string;
  /** How often it was sent to the token endpoint. */
  exchanges: number;
  /** Whether the authorization server always refuses it. */
  refused: boolean;
  grant?: Grant;
}

export interface TokenBooksOptions {
  /** The lifetime (s) of an access token. With `null` the answers leave it out. */
  expiresIn: number | null;
}

/**
 * The books of an authorization server that rotates refresh tokens and treats a second use as theft, which ends the
 * whole grant (RFC 9700 §4.14.2). A test can read which tokens are still valid.
 */
export class TokenBooks {
  /** Requests whose verifier does not match their code (RFC 7636 §4.6). */
  wrongVerifiers = 0;
  /** Refresh tokens that were used a second time. */
  reuses = 0;
  /** Grants that the client revoked (RFC 7009). */
  revocations = 0;
  readonly #expiresIn: number | null;
  readonly #codes = new Map<string, Code>();
  readonly #grants = new Map<string, Grant>();

  constructor({ expiresIn }: TokenBooksOptions) {
    this.#expiresIn = expiresIn;
  }

  /** Records a user's consent. */
  issueCode(request: { challenge: string; redirectUri: string; scope: string }): string {
    const code = secret("code");
    this.#codes.set(code, { ...request, exchanges: 0, refused: false });
    return code;
  }

  refuseCode(code: string): void {
    const known = this.#codes.get(code);
    if (known) known.refused = true;
  }

  /** How often a code was sent to the token endpoint. */
  exchangesOf(code: string): number {
    return this.#codes.get(code)?.exchanges ?? 0;
  }

  /** The highest number of times that any code was sent to the token endpoint. */
  maxExchanges(): number {
    return Math.max(0, ...[...this.#codes.values()].map(({ exchanges }) => exchanges));
  }

  /** Whether a refresh with this token would get new tokens. */
  accepts(refreshToken: string): boolean {
    const grant = this.#grants.get(refreshToken);
    return grant !== undefined && !grant.revoked && grant.refreshToken === refreshToken;
  }

  /** Whether the grant of a code is still valid. `undefined` if the code got none. */
  stands(code: string): boolean | undefined {
    const grant = this.#codes.get(code)?.grant;
    return grant && !grant.revoked;
  }

  /** How many grants are still valid. */
  standing(): number {
    return new Set([...this.#grants.values()].filter(({ revoked }) => !revoked)).size;
  }

  isLive(accessToken: string): boolean {
    const grant = this.#grants.get(accessToken);
    return grant !== undefined && !grant.revoked && grant.accessTokens.has(accessToken);
  }

  /** From now on refuses every access token issued so far, as if expired. */
  expireAccessTokens(): void {
    for (const grant of this.#grants.values()) grant.accessTokens.clear();
  }

  /** Ends a grant on the server's side, as from the authorization server's own page. */
  endGrant(token: string): void {
    const grant = this.#grants.get(token);
    if (grant) grant.revoked = true;
  }

  /** Answers a token request. */
  answer(form: URLSearchParams): TokenAnswer {
    if (form.get("grant_type") === "refresh_token") return this.#refresh(form.get("refresh_token") ?? "");
    return this.#exchange(form);
  }

  /** Carries out a revocation request, whose answer is always the same (RFC 7009 §2.2). */
  revoke(form: URLSearchParams): void {
    this.revocations += 1;
    this.endGrant(form.get("token") ?? "");
  }

  #exchange(form: URLSearchParams): TokenAnswer {
    const code = this.#codes.get(form.get("code") ?? "");
    if (!code) return invalidGrant;
    code.exchanges += 1;
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (challenge !== code.challenge) this.wrongVerifiers += 1;
    if (code.exchanges > 1 && code.grant) code.grant.revoked = true;
    const isGood = challenge === code.challenge && form.get("redirect_uri") === code.redirectUri && !code.refused;
    if (!isGood || code.exchanges > 1) return invalidGrant;
    code.grant = { revoked: false, accessTokens: new Set(), refreshToken: "", scope: code.scope };
    return this.#issue(code.grant);
  }

  #refresh(refreshToken: string): TokenAnswer {
    const grant = this.#grants.get(refreshToken);
    if (!grant || grant.revoked) return invalidGrant;
    if (grant.refreshToken === refreshToken) return this.#issue(grant);
    this.reuses += 1;
    grant.revoked = true;
    return invalidGrant;
  }

  #issue(grant: Grant): TokenAnswer {
    const [accessToken, refreshToken] = [secret("access"), secret("refresh")];
    grant.accessTokens.add(accessToken);
    grant.refreshToken = refreshToken;
    for (const token of [accessToken, refreshToken]) this.#grants.set(token, grant);
    return {
      status: 200,
      body: {
        access_token: accessToken,
        refresh_token: refreshToken,
        token_type: "Bearer",
        scope: grant.scope,
        ...(this.#expiresIn === null ? {} : { expires_in: this.#expiresIn }),
      },
    };
  }
}

const invalidGrant: TokenAnswer = { status: 400, body: { error: "invalid_grant", error_description: "no such grant" } };

export const secret = (kind: string) => `${kind}-${randomBytes(24).toString("base64url")}`;
