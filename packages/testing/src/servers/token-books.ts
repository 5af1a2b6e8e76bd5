import { createHash, randomBytes } from "node:crypto";

/** What a token endpoint answers (RFC 6749 §5). */
export interface TokenAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** One consent of one person, with all tokens that came from it. */
interface Grant {
  revoked: boolean;
  accessTokens: Set<string>;
  /** The one that is good for a refresh. */
  refreshToken: string;
  scope: string;
}

interface Code {
  challenge: string;
  redirectUri: string;
  scope: string;
  /** How often it was sent to the token endpoint. */
  exchanges: number;
  /** The authorization server does not take it, whatever comes with it. */
  refused: boolean;
  grant?: Grant;
}

export interface TokenBooksOptions {
  /** Seconds an access token lives; left out of the answers with `null`. */
  expiresIn: number | null;
}

/**
 * The books of an authorization server that rotates refresh tokens and takes a second use of one for theft: the whole
 * grant is then over (RFC 9700 §4.14.2). Whoever tests can read what is still good.
 */
export class TokenBooks {
  /** Requests with a verifier that is not the one of their code (RFC 7636 §4.6). */
  wrongVerifiers = 0;
  /** Refresh tokens that were used a second time. */
  reuses = 0;
  /** Grants that the client gave back (RFC 7009). */
  revocations = 0;
  readonly #expiresIn: number | null;
  readonly #codes = new Map<string, Code>();
  readonly #grants = new Map<string, Grant>();

  constructor({ expiresIn }: TokenBooksOptions) {
    this.#expiresIn = expiresIn;
  }

  /** A person consented. */
  issueCode(request: { challenge: string; redirectUri: string; scope: string }): string {
    const code = secret("code");
    this.#codes.set(code, { ...request, exchanges: 0, refused: false });
    return code;
  }

  refuseCode(code: string): void {
    const known = this.#codes.get(code);
    if (known) known.refused = true;
  }

  /** How often a code came to the token endpoint. */
  exchangesOf(code: string): number {
    return this.#codes.get(code)?.exchanges ?? 0;
  }

  /** The most that any code came to the token endpoint. */
  maxExchanges(): number {
    return Math.max(0, ...[...this.#codes.values()].map(({ exchanges }) => exchanges));
  }

  /** Whether a refresh with this token would be answered with new tokens. */
  accepts(refreshToken: string): boolean {
    const grant = this.#grants.get(refreshToken);
    return grant !== undefined && !grant.revoked && grant.refreshToken === refreshToken;
  }

  /** Whether what came from a code is still good: `undefined` when nothing did. */
  stands(code: string): boolean | undefined {
    const grant = this.#codes.get(code)?.grant;
    return grant && !grant.revoked;
  }

  /** How many grants still stand. */
  standing(): number {
    return new Set([...this.#grants.values()].filter(({ revoked }) => !revoked)).size;
  }

  isLive(accessToken: string): boolean {
    const grant = this.#grants.get(accessToken);
    return grant !== undefined && !grant.revoked && grant.accessTokens.has(accessToken);
  }

  /** Every access token is refused from now on, as when it has expired. */
  expireAccessTokens(): void {
    for (const grant of this.#grants.values()) grant.accessTokens.clear();
  }

  /** Ends a grant from elsewhere, such as on the authorization server's own page. */
  endGrant(token: string): void {
    const grant = this.#grants.get(token);
    if (grant) grant.revoked = true;
  }

  /** A token request. */
  answer(form: URLSearchParams): TokenAnswer {
    if (form.get("grant_type") === "refresh_token") return this.#refresh(form.get("refresh_token") ?? "");
    return this.#exchange(form);
  }

  /** A revocation request: it is always answered the same (RFC 7009 §2.2). */
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

/** Its description holds what a careless client would log. */
const invalidGrant: TokenAnswer = { status: 400, body: { error: "invalid_grant", error_description: "no such grant" } };

export const secret = (kind: string) => `${kind}-${randomBytes(24).toString("base64url")}`;
