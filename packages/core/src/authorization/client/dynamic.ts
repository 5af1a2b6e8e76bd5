import { createHash, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { RegistrationRejectedError, registerClient } from "@modelcontextprotocol/client";
import * as z from "zod";
import { clientSchema, type RegisteredClient } from "../../credentials/credentials.js";
import type { KeyRing } from "../../credentials/key-ring.js";
import { openJson, placeOf, sealedSchema, sealJson } from "../../credentials/sealed-json.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { shownHost } from "../../outbound/shown-host.js";
import { parseJson } from "../../parse-json.js";
import { singleFlight } from "../../process-wide.js";
import type { StorageDriver } from "../../session/storage-driver.js";
import { sharedValue } from "../../values/stored-value.js";
import { boundedFetch, maxAnswerBytes } from "../discovery/bounded-fetch.js";
import type { DiscoveredServer } from "../discovery/discovery.js";
import { asAuthorizationFailure, printableUrl } from "../failure.js";
import type { RedirectUrls } from "../redirect-urls.js";
import { covers, supportedScopes, uniteScopes } from "../scopes.js";
import { applicationTypeOf } from "./document.js";
import { keptRegistration } from "./kept-registration.js";

/** How long (s) a registration is kept, unless the authorization server sets an earlier expiry for the client secret. */
const registrationTtlSeconds = 30 * 24 * 3_600;

/** How long (ms) a registration may take. */
const registrationTimeoutMs = 10_000;

/** How long (ms) a process may hold the lock to register: longer than a registration takes. */
const turnLife = registrationTimeoutMs + 5_000;

/** How often (ms) a waiting process checks whether the registration is done. */
const lookIntervalMs = 50;

/**
 * The minimum time (ms) between two replacements of a client that only seems to be forgotten or to lack a scope, across
 * all users. Without it, users who open sign-ins and never finish them could make an authorization server register us
 * without end.
 */
const renewalIntervalMs = 3_600_000;

/** The locks: one process registers at a time, and such a replacement happens once per interval. */
const turnLock = "registration";
const renewalLock = "registration-renewal";

/**
 * VSCHAR (RFC 6749 §A.1, §A.2). A value that cannot be sent would fail every sign-in while the registration is kept.
 */
const printable = z.string().regex(/^[\x20-\x7e]+$/);

/** A valid answer to a registration: our client, with the redirect URL that we asked for (RFC 7591 §3.2.1). */
const answerSchema = (redirectUrl: string) =>
  z.looseObject({
    client_id: printable.max(2_048),
    client_secret: printable.max(4_096).optional(),
    redirect_uris: z.array(z.string()).refine((uris) => uris.includes(redirectUrl)),
  });

const registrationSchema = clientSchema.extend({
  client_secret_expires_at: z.number().optional(),
  /** The scope that the server says it registered (RFC 7591 §3.2.1). */
  scope: z.string().optional(),
  /** The scope that we asked for. Asking for it again would not get more. */
  askedScope: z.string().optional(),
});
type Registration = z.infer<typeof registrationSchema>;

const registeredScope = ({ askedScope, scope }: Registration) => askedScope ?? scope;

/** Also true if another registration would not help, because the scope list has no room for more. */
function isRegisteredFor(registration: Registration, scope: string | undefined): boolean {
  const registered = registeredScope(registration);
  if (registered === undefined || covers(registered, scope)) return true;
  return covers(registered, uniteScopes(registered, scope));
}

export interface DynamicRegistrationOptions {
  driver: StorageDriver;
  ring: KeyRing;
  /** Identifies the store, so that two stores in one process do not share a registration in flight. */
  storeId: string;
  fetch: Fetch;
  /** The app's name on consent pages. */
  clientName: string;
  redirectUrls: RedirectUrls;
}

interface Turn {
  scope: string | undefined;
  mayWiden: () => Promise<boolean>;
  register: (before: string | undefined) => Promise<Registration>;
}

/** The clients that we registered ourselves: one for each issuer and redirect URL, shared by all users. */
export class DynamicRegistrations {
  readonly #options: DynamicRegistrationOptions;

  constructor(options: DynamicRegistrationOptions) {
    this.#options = options;
  }

  /**
   * Returns the registered client, or registers a new one (RFC 7591). Callers that need the same client, in any
   * process, wait for a single request.
   *
   * Throws an `AuthorizationFailedError` that tells the operator which redirect URL to register by hand, and what
   * `mayRegister` throws. That is called if nothing is registered yet, before a server is asked.
   */
  async clientAt(
    server: DiscoveredServer,
    scope: string | undefined,
    redirectUrl: string = this.#options.redirectUrls[0],
    mayRegister?: () => Promise<void>,
  ): Promise<RegisteredClient> {
    const hash = hashOf(server.issuer, redirectUrl);
    // Before callers share a request: the refusal of one user must not reach another.
    if (mayRegister && (await this.#stored(hash).read()) === undefined) await mayRegister();
    const { storeId } = this.#options;
    // Any MCP server may name this issuer, with any scope. Scopes that the issuer does not know are not registered.
    const supported = server.authorizationServerMetadata?.scopes_supported;
    const wanted = supportedScopes(scope, supported);
    return singleFlight("registration", `${storeId} ${hash} ${wanted ?? ""}`, async () => {
      try {
        return await this.#inTurn(hash, {
          scope: wanted,
          mayWiden: async () => supported !== undefined || (await this.#takeRenewal(hash, null)),
          register: (before) => this.#register(server, uniteScopes(before, wanted), redirectUrl),
        });
      } catch (error) {
        throw asAuthorizationFailure(error, {
          message: `${shownHost(server.issuer)} ${refusalIn(error)}`,
          hint: "If you have an API key for this server, use it instead. Otherwise, contact the people who run this app.",
          operatorHint:
            `Register a client for the redirect URL ${redirectUrl} at ${printableUrl(server.issuer)}, ` +
            "then add it to authorization.clients with that issuer.",
        });
      }
    });
  }

  /** Forgets a client that its authorization server no longer knows. The next sign-in registers again. */
  async forget(issuer: string, clientId: string): Promise<void> {
    for (const redirectUrl of this.#options.redirectUrls) {
      const hash = hashOf(issuer, redirectUrl);
      const stored = this.#stored(hash);
      // Another process may have registered a new client already.
      if (this.#open(hash, await stored.read())?.client_id === clientId) await stored.erase();
    }
  }

  /**
   * Forgets a client whose sign-ins do not come back, so that the next one registers again. Happens at most once an
   * hour for all users and processes.
   */
  async renew(issuer: string, clientId: string): Promise<void> {
    for (const redirectUrl of this.#options.redirectUrls) {
      const hash = hashOf(issuer, redirectUrl);
      const stored = this.#stored(hash);
      const text = await stored.read();
      if (text === undefined || this.#open(hash, text)?.client_id !== clientId) continue;
      if (await this.#takeRenewal(hash, text)) await stored.erase();
    }
  }

  /** Whether a registration may be replaced now: once an hour, and only while `text` is stored. Null means any text. */
  async #takeRenewal(hash: string, text: string | null): Promise<boolean> {
    const stored = this.#stored(hash);
    const expected = text ?? (await stored.read()) ?? null;
    const turn = await stored.lock(renewalLock, { expected, owner: randomUUID(), lifeMs: renewalIntervalMs });
    return turn.state === "yours";
  }

  /**
   * Registers a client if there is none and no other process is registering one. Registers it again if it lacks some of
   * `scope`, since an authorization server may hold a client to its registered scope; `register` gets that scope. If
   * the server refuses, or the client may not be replaced now, the client is used as it is.
   */
  async #inTurn(hash: string, { scope, mayWiden, register }: Turn): Promise<RegisteredClient> {
    const stored = this.#stored(hash);
    const owner = randomUUID();
    // A registration that none of our keys opens counts as missing: registering again costs little.
    let unusable: string | null = null;
    let known: Registration | undefined;
    for (;;) {
      const turn = await stored.lock(turnLock, { expected: unusable, owner, lifeMs: turnLife });
      if (turn.state === "theirs") {
        await pause(Math.min(lookIntervalMs, Math.max(turn.ms, 1)));
      } else if (turn.state === "changed") {
        known = this.#open(hash, turn.value);
        if (known && (isRegisteredFor(known, scope) || !(await mayWiden()))) return known;
        unusable = turn.value ?? null;
      } else {
        try {
          const client = await register(known && registeredScope(known));
          const text = JSON.stringify(sealJson(this.#options.ring, client, placeOf("registration", hash)));
          await stored.write(text, lifeOf(client));
          return client;
        } catch (error) {
          if (!known) throw error;
          return known;
        } finally {
          await stored.unlock(turnLock, owner).catch(() => undefined);
        }
      }
    }
  }

  #stored(hash: string) {
    return sharedValue(this.#options.driver, "registration", hash);
  }

  #open(hash: string, text: string | undefined): Registration | undefined {
    const stored = sealedSchema.safeParse(parseJson(text ?? ""));
    if (!stored.success) return undefined;
    return registrationSchema.safeParse(openJson(this.#options.ring, stored.data, placeOf("registration", hash))).data;
  }

  async #register(server: DiscoveredServer, scope: string | undefined, redirectUrl: string) {
    const { clientName, fetch } = this.#options;
    const metadata = server.authorizationServerMetadata;
    // Some servers take the scope of a registration as all that the client may ever ask for.
    const offered = server.resourceMetadata?.scopes_supported?.join(" ");
    const everything = uniteScopes(scope, supportedScopes(offered, metadata?.scopes_supported));
    const answer = answerSchema(redirectUrl).parse(
      await registerClient(server.authorizationServerUrl, {
        ...(metadata ? { metadata } : {}),
        ...(everything ? { scope: everything } : {}),
        fetchFn: boundedFetch(fetch, { ms: registrationTimeoutMs, bytes: maxAnswerBytes }),
        clientMetadata: {
          client_name: clientName,
          redirect_uris: [redirectUrl],
          grant_types: ["authorization_code", "refresh_token"],
          response_types: ["code"],
          token_endpoint_auth_method: chooseAuthMethod(metadata?.token_endpoint_auth_methods_supported),
          application_type: applicationTypeOf(redirectUrl),
        },
      }),
    );
    return registrationSchema.parse(keptRegistration(answer, everything ? { askedScope: everything } : {}));
  }
}

/** SHA-256 of issuer and redirect URL, hexadecimal. */
const hashOf = (issuer: string, redirectUrl: string) =>
  createHash("sha256").update(`${issuer}\n${redirectUrl}`).digest("hex");

/** A public client if PKCE alone is enough for the server. RFC 8414's default is `client_secret_basic`. */
function chooseAuthMethod(supported: readonly string[] = ["client_secret_basic"]): string {
  return ["none", "client_secret_basic", "client_secret_post"].find((method) => supported.includes(method)) ?? "none";
}

/**
 * Lifetime in whole seconds. `client_secret_expires_at` is 0 when the secret does not expire (RFC 7591 §3.2.1). A
 * server may send any number, and Redis refuses fractions and numbers that are too large.
 */
function lifeOf({ client_secret_expires_at: end }: { client_secret_expires_at?: number | undefined }): number {
  if (!end) return registrationTtlSeconds;
  return Math.min(registrationTtlSeconds, Math.max(1, Math.floor(end - Date.now() / 1_000)));
}

/** What an authorization server did instead of registering us (RFC 7591 §3.2.2). Its own text is left out. */
function refusalIn(error: unknown): string {
  if (error instanceof RegistrationRejectedError) {
    const { data } = z.looseObject({ error: z.literal("invalid_redirect_uri") }).safeParse(parseJson(error.body));
    return data ? "does not accept this app's redirect URL" : "refused to register this app";
  }
  return "could not register this app";
}
