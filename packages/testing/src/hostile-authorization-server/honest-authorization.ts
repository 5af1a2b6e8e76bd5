import { randomBytes } from "node:crypto";
import type { Lies, Members } from "./lies.js";
import { type Incoming, type Secrets, s256 } from "./received-requests.js";
import { json, type Reply } from "./send-answer.js";

interface Client {
  redirectUris: readonly string[];
  secret: string | undefined;
}

/** A sign-in: all tokens that came from one code. */
interface Grant {
  clientId: string;
  revoked: boolean;
}

interface Code {
  grant: Grant;
  redirectUri: string;
  challenge: string;
  used: boolean;
}

const random = (prefix: string) => `${prefix}-${randomBytes(18).toString("base64url")}`;
const refusal = (error: string, status = 400) => json(status, { error });
const changed = (document: Members, members: Members = {}) => ({ ...document, ...members });

/**
 * A correct authorization server, except for the members that a lie changes: registration (RFC 7591), authorization
 * codes with PKCE S256 (RFC 7636), rotating refresh tokens and revocation (RFC 7009). It grants consent without asking.
 */
export class HonestAuthorization {
  readonly #issuer: string;
  readonly #secrets: Secrets;
  readonly #clients = new Map<string, Client>();
  readonly #codes = new Map<string, Code>();
  readonly #accessTokens = new Map<string, Grant>();
  readonly #refreshTokens = new Map<string, { grant: Grant; used: boolean }>();

  constructor(issuer: string, secrets: Secrets) {
    this.#issuer = issuer;
    this.#secrets = secrets;
  }

  /** Whether an access token is valid. */
  accepts(accessToken: string): boolean {
    return this.#accessTokens.get(accessToken)?.revoked === false;
  }

  /** From now on the access tokens issued so far are refused. The refresh tokens stay valid. */
  expireAccessTokens(): void {
    this.#accessTokens.clear();
  }

  register({ body }: Incoming, lies: Lies): Reply {
    const asked = parseObject(body);
    const redirectUris = asked.redirect_uris;
    if (!Array.isArray(redirectUris) || redirectUris.length === 0) return refusal("invalid_redirect_uri");
    const secret = asked.token_endpoint_auth_method === "none" ? {} : { client_secret: random("client-secret") };
    const access = { registration_access_token: random("registration") };
    const truth = { ...asked, client_id: random("client"), ...secret, ...access };
    const sent = changed(truth, lies.registration);
    this.#secrets.add("client secret", sent.client_secret);
    this.#secrets.add("registration access token", sent.registration_access_token);
    if (typeof sent.client_id === "string") {
      const clientSecret = typeof sent.client_secret === "string" ? sent.client_secret : undefined;
      this.#clients.set(sent.client_id, { redirectUris: redirectUris.map(String), secret: clientSecret });
    }
    return json(201, sent);
  }

  authorize({ url: { searchParams: asked } }: Incoming, lies: Lies): Reply {
    const clientId = asked.get("client_id") ?? "";
    const redirectUri = asked.get("redirect_uri") ?? "";
    const challenge = asked.get("code_challenge") ?? "";
    if (!this.#clients.get(clientId)?.redirectUris.includes(redirectUri)) return refusal("invalid_request");
    const answer = new URL(redirectUri);
    const iss = lies.iss === undefined ? this.#issuer : lies.iss;
    if (iss !== null) answer.searchParams.set("iss", iss);
    if (asked.has("state")) answer.searchParams.set("state", asked.get("state") ?? "");
    if (asked.get("code_challenge_method") === "S256" && challenge && asked.get("response_type") === "code") {
      const code = random("code");
      this.#secrets.add("code", code);
      this.#secrets.addChallenge(challenge);
      this.#codes.set(code, { grant: { clientId, revoked: false }, redirectUri, challenge, used: false });
      answer.searchParams.set("code", code);
    } else {
      answer.searchParams.set("error", "invalid_request");
    }
    return { status: 302, headers: { location: answer.href }, body: "" };
  }

  token(request: Incoming, lies: Lies): Reply {
    const clientId = this.#authenticate(request);
    if (clientId === undefined) return refusal("invalid_client", 401);
    const grantType = request.form.get("grant_type");
    if (grantType === "authorization_code") return this.#exchange(request.form, clientId, lies);
    if (grantType === "refresh_token") return this.#refresh(request.form, clientId, lies);
    return refusal("unsupported_grant_type");
  }

  revoke(request: Incoming): Reply {
    if (this.#authenticate(request) === undefined) return refusal("invalid_client", 401);
    const token = request.form.get("token") ?? "";
    const grant = this.#refreshTokens.get(token)?.grant ?? this.#accessTokens.get(token);
    if (grant) grant.revoked = true;
    return json(200, {});
  }

  #exchange(form: URLSearchParams, clientId: string, lies: Lies): Reply {
    const code = this.#codes.get(form.get("code") ?? "");
    if (!code || code.grant.clientId !== clientId) return refusal("invalid_grant");
    if (code.used) code.grant.revoked = true;
    if (code.used || code.redirectUri !== form.get("redirect_uri")) return refusal("invalid_grant");
    if (s256(form.get("code_verifier") ?? "") !== code.challenge) return refusal("invalid_grant");
    code.used = true;
    return this.#issue(code.grant, { refresh_token: random("refresh") }, lies);
  }

  #refresh(form: URLSearchParams, clientId: string, lies: Lies): Reply {
    const held = this.#refreshTokens.get(form.get("refresh_token") ?? "");
    if (!held || held.grant.clientId !== clientId) return refusal("invalid_grant");
    // The second use of a rotated token counts as theft (RFC 9700 §4.14.2).
    if (held.used) held.grant.revoked = true;
    if (held.grant.revoked) return refusal("invalid_grant");
    const rotates = lies.refreshTokens !== "keep";
    held.used = rotates;
    return this.#issue(held.grant, rotates ? { refresh_token: random("refresh") } : {}, lies);
  }

  #issue(grant: Grant, refresh: { refresh_token?: string }, lies: Lies): Reply {
    const truth = { access_token: random("access"), token_type: "Bearer", expires_in: 3_600, ...refresh };
    const sent = changed(truth, lies.tokens);
    this.#secrets.add("access token", sent.access_token);
    this.#secrets.add("refresh token", sent.refresh_token);
    if (typeof sent.access_token === "string") this.#accessTokens.set(sent.access_token, grant);
    if (typeof sent.refresh_token === "string") this.#refreshTokens.set(sent.refresh_token, { grant, used: false });
    return json(200, sent);
  }

  /** RFC 6749 §2.3.1: credentials in the header or the body, or only the id for a client without a secret. */
  #authenticate({ headers, form }: Incoming): string | undefined {
    const basic = /^Basic (.+)$/i.exec(headers.authorization ?? "")?.[1];
    const pair = basic ? Buffer.from(basic, "base64").toString().split(":").map(decodeURIComponent) : [];
    const [id = form.get("client_id") ?? "", secret = form.get("client_secret") ?? undefined] = pair;
    const client = this.#clients.get(id);
    return client && client.secret === secret ? id : undefined;
  }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
