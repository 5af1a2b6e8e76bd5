import { parseErrorResponse } from "@modelcontextprotocol/client";
import * as z from "zod";
import { checkRoomForTokens } from "../authorization/discovery/bounded-fetch.js";
import type { Attempt, NamedAttempt } from "../authorization/sign-in/attempt.js";
import { hasOwnAddress } from "../authorization/sign-in/callback-address.js";
import { exchangeFailure, grantedTokens, settleAttempt } from "../authorization/sign-in/finish.js";
import { onlyOpenAttempt, openAttempts, promisesIssuer } from "../authorization/sign-in/open-attempts.js";
import { startAuthorization } from "../authorization/sign-in/start.js";
import { complete } from "../connection/connect.js";
import type { Tokens } from "../credentials/credentials.js";
import { InvalidStateError, NotConnectedError } from "../errors.js";
import { parseJson } from "../parse-json.js";
import { severalAttempts, withoutAddress, withoutIssuer } from "./misuse.js";
import type { ProviderDeps } from "./provider-deps.js";
import type { GrantedTokens } from "./sdk-types.js";

/** An attempt that this instance opened. */
interface Opened {
  attemptId: string;
  url: URL;
  state: string;
  /** What the server had asked for when it was opened. */
  challenge: string;
}

const answerSchema = z.looseObject({ access_token: z.string() });

/**
 * The sign-ins of one session, opened and finished for an SDK's `auth()`. They are attempts like those of our own pages,
 * without a browser's nonce: the user alone binds them. An SDK does not say which attempt it means, so one is
 * recognised by what belongs to it alone: its state, its code verifier, and the access token that it got.
 */
export class SignIns {
  readonly #deps: ProviderDeps;
  #opening: Promise<Opened> | undefined;
  #opened: Opened | undefined;
  /** By code verifier. */
  readonly #taken = new Map<string, NamedAttempt>();
  /** By access token. */
  readonly #granted = new Map<string, NamedAttempt>();

  constructor(deps: ProviderDeps) {
    this.#deps = deps;
  }

  /** The attempt that this instance has opened, or a new one. Throws like `startAuthorization`. */
  open(): Promise<Opened> {
    this.#opening ??= this.#openOne().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Where the browser has to go for the attempt with this state. Throws an {@link InvalidStateError}. */
  redirectOf(state: string | null): URL {
    if (!this.#opened || this.#opened.state !== state) throw new InvalidStateError("unknown");
    return new URL(this.#opened.url);
  }

  /** The attempt that this instance has opened, or opens now. */
  async opened(): Promise<Attempt> {
    const { attemptId } = await this.open();
    const attempt = await this.#deps.parts.attempts.read(attemptId, this.#deps.session.userId);
    if (!attempt) throw new InvalidStateError("expired");
    return attempt;
  }

  /** The newest open attempt of the session's sign-in that no browser started, whatever process opened it. */
  async newest(): Promise<Attempt | undefined> {
    const open = await openAttempts(this.#deps.parts.attempts, await this.#record());
    return open.findLast(({ attempt }) => attempt.nonceHash === null)?.attempt;
  }

  /**
   * Takes the only open attempt, for the one exchange of its code, and returns its code verifier (RFC 7636). `checked`:
   * whether the caller has compared the issuer in the callback (RFC 9207).
   */
  async take({ checked }: { checked: boolean }): Promise<string> {
    const { attempts, sessions } = this.#deps.parts;
    const only = await onlyOpenAttempt(attempts, await this.#record());
    if (only === "none") throw new InvalidStateError("unknown");
    if (only === "several") throw severalAttempts();
    if (only.attempt.nonceHash !== null) throw new InvalidStateError("foreign");
    if (promisesIssuer(only.attempt)) {
      if (!checked) throw withoutIssuer();
    } else if (hasOwnAddress(only.attempt)) {
      throw withoutAddress();
    }
    checkRoomForTokens(this.#deps.parts, this.#deps.session.userId);
    const verifier = only.attempt.codeVerifier.reveal();
    if (!(await attempts.take(only.attemptId, only.attempt, sessions.now()))) throw new InvalidStateError("overtaken");
    this.#taken.set(verifier, only);
    return verifier;
  }

  /** Adds what belongs to a taken attempt to the exchange of its code: our client, its redirect URL and resource. */
  async authenticate(headers: Headers, form: URLSearchParams, url: string | URL): Promise<void> {
    const { client, authorizationServer, redirectUrl } = this.#takenIn(form, url).attempt;
    const { metadata, resource } = authorizationServer;
    form.set("redirect_uri", redirectUrl);
    if (resource === null) form.delete("resource");
    else form.set("resource", resource);
    const authenticate = this.#deps.parts.registrations.authenticationOf(client, authorizationServer);
    await authenticate(headers, form, url, metadata ?? undefined);
  }

  /** Sends the exchange of a taken attempt's code. A refusal is the attempt's outcome, and thrown in our own words. */
  async exchange(url: URL, form: URLSearchParams, send: () => Promise<Response>): Promise<Response> {
    const taken = this.#takenIn(form, url);
    this.#taken.delete(taken.attempt.codeVerifier.reveal());
    try {
      const response = await send();
      if (!response.ok) throw await parseErrorResponse(response);
      const { access_token } = answerSchema.parse(parseJson(await response.clone().text()));
      this.#granted.set(access_token, taken);
      return response;
    } catch (error) {
      const failure = await exchangeFailure(this.#deps.parts, taken.attempt, error);
      await this.#settle(taken, () => Promise.reject(failure));
      throw failure;
    }
  }

  /**
   * Stores the tokens of an exchange if its attempt is still wanted, and continues connecting. Throws an
   * {@link InvalidStateError} for any other tokens, and revokes those that are no longer wanted.
   */
  async save(tokens: GrantedTokens): Promise<void> {
    const token = typeof tokens?.access_token === "string" ? tokens.access_token : "";
    const taken = this.#granted.get(token);
    if (!taken) throw new InvalidStateError("unknown");
    this.#granted.delete(token);
    await this.#settle(taken, async () => {
      try {
        return grantedTokens(this.#deps.parts, taken.attempt, tokens);
      } catch (error) {
        throw await exchangeFailure(this.#deps.parts, taken.attempt, error);
      }
    });
  }

  /** Ends the attempt that this instance opened, if it is still open. Those of other instances stay. */
  async abandon(): Promise<void> {
    const { attempts, sessions } = this.#deps.parts;
    const attemptId = this.#opened?.attemptId;
    this.#opened = undefined;
    const attempt = await attempts.read(attemptId ?? "", this.#deps.session.userId);
    if (!attemptId || attempt?.status !== "open") return;
    if (await attempts.take(attemptId, attempt, sessions.now()))
      await attempts.conclude(attemptId, attempt, "overtaken");
  }

  async #openOne(): Promise<Opened> {
    if (this.#opened && (await this.#isWanted(this.#opened))) return this.#opened;
    const started = await startAuthorization(this.#deps.parts, this.#deps.session, { browser: false });
    if (started.kind === "busy") throw busy();
    const { attemptId } = started;
    const url = new URL(started.url);
    const challenge = JSON.stringify((await this.#record()).challenge);
    this.#opened = { attemptId, url, state: url.searchParams.get("state") ?? "", challenge };
    return this.#opened;
  }

  /** Whether an attempt can still be finished, and asks for what the server wants now. */
  async #isWanted({ attemptId, challenge }: Opened): Promise<boolean> {
    const { flow, challenge: now } = await this.#record();
    const attempt = await this.#deps.parts.attempts.read(attemptId, this.#deps.session.userId);
    return attempt?.status === "open" && attempt.flow === flow && challenge === JSON.stringify(now);
  }

  async #record() {
    const { userId, sessionId } = this.#deps.session;
    return (await this.#deps.parts.sessions.read(userId, sessionId)).record;
  }

  async #settle(taken: NamedAttempt, tokensOf: () => Promise<Tokens>): Promise<void> {
    const { parts } = this.#deps;
    const failure = await settleAttempt(parts, taken, tokensOf, (signedIn, before) =>
      complete(parts, signedIn, before),
    );
    if (failure) throw failure;
  }

  /** The taken attempt that a token request belongs to. Its code goes only where its user consented. */
  #takenIn(form: URLSearchParams, url: string | URL): NamedAttempt {
    const taken = this.#taken.get(form.get("code_verifier") ?? "");
    if (!taken) throw new InvalidStateError("unknown");
    const { metadata, url: issuer } = taken.attempt.authorizationServer;
    const endpoint = new URL(metadata?.token_endpoint ?? new URL("/token", issuer));
    if (endpoint.href !== new URL(url).href) throw new InvalidStateError("issuer");
    return taken;
  }
}

const busy = () =>
  new NotConnectedError({
    message: "This connection is being connected at the moment",
    hint: "Try again in a moment.",
    retryable: true,
  });
