import { revokeTokens } from "../authorization/tokens/revoke.js";
import { issuerOf } from "../credentials/authorization-server.js";
import { credentialsHead, isSignedIn, newVersion, type SignedIn, type SignIn } from "../credentials/credentials.js";
import { AuthorizationRequiredError } from "../errors.js";
import { shownHost } from "../outbound/shown-host.js";
import type { ProviderDeps } from "./provider-deps.js";
import type { ProviderTokens } from "./sdk-types.js";

/** The session's sign-in as it is stored, and which access token of it was handed out last. */
export class StoredSignIn {
  readonly #deps: ProviderDeps;
  #handedOut: string | undefined;

  constructor(deps: ProviderDeps) {
    this.#deps = deps;
  }

  /** Undefined if the user is not signed in. Throws `SESSION_NOT_FOUND` or `SESSION_UNREADABLE`. */
  async read(): Promise<SignIn | undefined> {
    const { parts, session } = this.#deps;
    const { record, credentials } = await parts.sessions.read(session.userId, session.sessionId);
    const opened = credentials === undefined ? undefined : await parts.credentials.open(record, credentials);
    return opened?.signIn ?? undefined;
  }

  /** The tokens for an SDK, without the refresh token. */
  async handOut(): Promise<ProviderTokens | undefined> {
    const signIn = await this.read();
    if (!signIn) return undefined;
    const { accessToken, expiresAt, scope } = signIn.tokens;
    this.#handedOut = accessToken.reveal();
    const leftMs = expiresAt === null ? null : Math.max(0, expiresAt - this.#deps.parts.now());
    return {
      access_token: this.#handedOut,
      token_type: "Bearer",
      issuer: issuerOf(signIn.authorizationServer),
      ...(leftMs === null ? {} : { expires_in: Math.floor(leftMs / 1_000) }),
      ...(scope === null ? {} : { scope }),
    };
  }

  /** Erases and revokes the tokens that were handed out, unless there are newer ones. Keeps custom headers. */
  async erase(): Promise<void> {
    const { parts, session } = this.#deps;
    let erased: SignIn | undefined;
    await parts.sessions.change(session.userId, session.sessionId, (record, _now, stored) => {
      const opened = parts.credentials.peek(record, stored);
      erased = this.#isHandedOut(opened) ? opened.signIn : undefined;
      if (!erased || !this.#isHandedOut(opened)) return undefined;
      const kept = { ...opened, tv: newVersion(), cv: newVersion(), signIn: null };
      return {
        ...(record.state === "CONNECTED" ? { state: "FAILED", error: signInAgain(erased).toJSON() } : {}),
        signedIn: false,
        credentials: record.headers ? parts.credentials.encode(record, kept) : null,
        // A refresh writes tokens without touching the record.
        credentialsHead: credentialsHead(opened),
      };
    });
    if (erased) await revokeTokens(parts, erased);
  }

  #isHandedOut(opened: Parameters<typeof isSignedIn>[0]): opened is SignedIn {
    return isSignedIn(opened) && opened.signIn.tokens.accessToken.reveal() === this.#handedOut;
  }
}

const signInAgain = ({ authorizationServer }: SignIn) =>
  new AuthorizationRequiredError({
    message: `Your sign-in at ${shownHost(authorizationServer.url)} is no longer used`,
    hint: "Sign in again.",
    retryable: false,
  });
