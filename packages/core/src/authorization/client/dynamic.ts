import { createHash, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { RegisteredClient } from "../../credentials/credentials.js";
import type { KeyRing } from "../../credentials/key-ring.js";
import { openJson, placeOf, sealedSchema, sealJson } from "../../credentials/sealed-json.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { shownHost } from "../../outbound/shown-host.js";
import { parseJson } from "../../parse-json.js";
import { singleFlight } from "../../process-wide.js";
import type { StorageDriver } from "../../session/storage-driver.js";
import { sharedValue } from "../../values/stored-value.js";
import type { DiscoveredServer } from "../discovery/discovery.js";
import { asAuthorizationFailure, printableUrl } from "../failure.js";
import { type RedirectUrls, redirectUrlsOf } from "../redirect-urls.js";
import { covers, everyScope, supportedScopes, uniteScopes } from "../scopes.js";
import { maxRegistrationBytes } from "./kept-registration.js";
import {
  lifeOf,
  type Registration,
  refusalIn,
  register,
  registrationSchema,
  registrationTimeoutMs,
  type Wanted,
} from "./registration.js";

/** How long (ms) a process may hold the lock to register: longer than a registration takes. */
const turnLife = registrationTimeoutMs + 5_000;

/** How often (ms) a process checks whether another one has registered, at first and after a while. */
const lookIntervalMs = 50;
const maxLookIntervalMs = 500;

/**
 * The minimum time (ms) between two registrations that replace a client or stand beside it, across all users, and
 * whatever the reason. Without it, users who open sign-ins and never finish them could make an authorization server
 * register us without end.
 */
const renewalIntervalMs = 3_600_000;

/** The locks: one process registers at a time, and another registration happens once per interval. */
const turnLock = "registration";
const renewalLock = "registration-renewal";

export interface DynamicRegistrationOptions {
  driver: StorageDriver;
  ring: KeyRing;
  /** Identifies the store, so that two stores in one process do not share a registration in flight. */
  storeId: string;
  fetch: Fetch;
  /** The app's name on consent pages. */
  clientName: string;
  redirectUrls: RedirectUrls;
  /** Whether a `client_id` is one that we have elsewhere, so that no registration may answer it. */
  isReserved?: (clientId: string) => boolean;
}

/** The client that a sign-in needs. */
export interface Asked {
  scope?: string | undefined;
  /** The app's own callback by default. */
  redirectUrl?: string;
  /** The redirect URL that an operator would register by hand. */
  byHand?: string;
  mayRegister?: (() => Promise<void>) | undefined;
}

/**
 * The clients that we registered ourselves: one for each issuer and redirect URL, shared by all users. No MCP server has
 * a say in it: the scope is all that the issuer itself lists. A client that seems to be of no use any more is replaced
 * once its successor exists, and not before.
 */
export class DynamicRegistrations {
  readonly #options: DynamicRegistrationOptions;

  constructor(options: DynamicRegistrationOptions) {
    this.#options = options;
  }

  /**
   * Returns the registered client, or registers a new one (RFC 7591). Callers that need the same client, in any
   * process, wait for a single request.
   *
   * If the server has bound that client to a scope that lacks some of `scope`, a second client is registered for exactly
   * `scope`, as far as the hourly turn allows: what one MCP server asks for must not change what others get.
   *
   * Throws an `AuthorizationFailedError` that tells the operator which redirect URL to register by hand (`byHand`), and what
   * `mayRegister` throws. That is called if nothing is registered yet, before a server is asked.
   */
  async clientAt(
    server: DiscoveredServer,
    { scope, redirectUrl = this.#options.redirectUrls[0], byHand = redirectUrl, mayRegister }: Asked = {},
  ): Promise<RegisteredClient> {
    const listed = server.authorizationServerMetadata?.scopes_supported;
    const [wanted, everything] = [uniteScopes(supportedScopes(scope, listed)), everyScope(listed)];
    const hash = hashOf(server.issuer, redirectUrl);
    // Before callers share a request: the refusal of one user must not reach another.
    if (mayRegister && canRegisterAt(server) && (await this.#stored(hash).read()) === undefined) await mayRegister();
    const shared = () => this.#registered(hash, server, { redirectUrl, scope: everything });
    try {
      const client = await shared();
      if (isRegisteredFor(client, wanted)) return client;
      // The server lists other scopes than it did then, or an MCP server named them.
      if ((client.wantedScope ?? client.askedScope) !== everything)
        return (await this.#suspect(hash, hash, client.client_id)) ? await shared() : client;
      const own = { redirectUrl, scope: sorted(wanted), mayRegister };
      return await this.#clientFor(server, { hash, shared: client }, own);
    } catch (error) {
      throw asAuthorizationFailure(error, {
        message: `${shownHost(server.issuer)} ${refusalIn(error)}`,
        hint: "If you have an API key for this server, use it instead. Otherwise, contact the people who run this app.",
        operatorHint:
          `Register a client for the redirect URL ${byHand} at ${printableUrl(server.issuer)}, ` +
          "then add it to authorization.clients with that issuer.",
      });
    }
  }

  /**
   * Says that an authorization server may no longer know a client of ours: it refuses it, or sign-ins do not come back.
   * The next sign-in registers again, at most once an hour for all users and processes, because any user can cause this.
   */
  async suspect(issuer: string, client: RegisteredClient): Promise<void> {
    const registration = registrationSchema.safeParse(client).data;
    const askedScope = registration?.askedScope;
    for (const redirectUrl of new Set([
      ...redirectUrlsOf(this.#options.redirectUrls, issuer),
      ...(registration?.redirect_uris ?? []).slice(0, 1),
    ])) {
      const hash = hashOf(issuer, redirectUrl);
      await this.#suspect(hash, hash, client.client_id);
      if (askedScope !== undefined)
        await this.#suspect(hash, hashOf(issuer, redirectUrl, askedScope), client.client_id);
    }
  }

  /** A client for one scope, beside the shared one. The shared one, if it may not be registered now or is refused. */
  async #clientFor(
    server: DiscoveredServer,
    { hash, shared }: { hash: string; shared: Registration },
    { mayRegister, ...wanted }: Wanted & Pick<Asked, "mayRegister">,
  ): Promise<RegisteredClient> {
    const own = hashOf(server.issuer, wanted.redirectUrl, wanted.scope);
    const isThere = this.#open(own, await this.#stored(own).read()) !== undefined;
    try {
      if (!isThere && !(await this.#takeRenewal(hash))) return shared;
      if (!isThere) await mayRegister?.();
      return await this.#registered(own, server, wanted);
    } catch {
      return shared;
    }
  }

  /**
   * Marks a stored client, if the hour's turn (kept at `turn`) is free. True if the next look at it brings another
   * client, also if another process has been faster.
   */
  async #suspect(turn: string, hash: string, clientId: string): Promise<boolean> {
    const stored = this.#stored(hash);
    const text = await stored.read();
    const known = this.#open(hash, text);
    if (text === undefined || known?.client_id !== clientId || known.suspected) return known !== undefined;
    if (!(await this.#takeRenewal(turn))) return false;
    await stored.replace(text, this.#seal(hash, { ...known, suspected: true }));
    return true;
  }

  /** Whether another registration may be made now: once an hour, for all users and processes. */
  async #takeRenewal(hash: string): Promise<boolean> {
    const stored = this.#stored(hash);
    const expected = (await stored.read()) ?? null;
    const turn = await stored.lock(renewalLock, { expected, owner: randomUUID(), lifeMs: renewalIntervalMs });
    return turn.state === "yours";
  }

  #registered(hash: string, server: DiscoveredServer, wanted: Wanted): Promise<Registration> {
    return singleFlight("registration", `${this.#options.storeId} ${hash}`, () =>
      this.#inTurn(hash, () => register(this.#options, server, wanted)),
    );
  }

  /**
   * The stored client. Registers one if it is missing and no other process is doing it. A suspected one stays until its
   * successor is stored, and for good if the server refuses.
   */
  async #inTurn(hash: string, request: () => Promise<Registration>): Promise<Registration> {
    const stored = this.#stored(hash);
    const owner = randomUUID();
    // A registration that none of our keys opens counts as missing: registering again costs little.
    let replaced: string | null = null;
    let known: Registration | undefined;
    for (let look = lookIntervalMs; ; ) {
      const turn = await stored.lock(turnLock, { expected: replaced, owner, lifeMs: turnLife });
      if (turn.state === "theirs") {
        await pause(Math.min(look, Math.max(turn.ms, 1)));
        look = Math.min(look * 1.5, maxLookIntervalMs);
      } else if (turn.state === "changed") {
        known = this.#open(hash, turn.value);
        if (known && !known.suspected) return known;
        replaced = turn.value ?? null;
      } else {
        try {
          const client = await request();
          await stored.write(this.#seal(hash, client), lifeOf(client));
          return client;
        } catch (error) {
          if (!known) throw error;
          const { suspected: _over, ...kept } = known;
          await stored.replace(replaced ?? "", this.#seal(hash, kept)).catch(() => false);
          return kept;
        } finally {
          await stored.unlock(turnLock, owner).catch(() => undefined);
        }
      }
    }
  }

  #stored(hash: string) {
    return sharedValue(this.#options.driver, "registration", hash);
  }

  #seal(hash: string, client: Registration): string {
    return JSON.stringify(sealJson(this.#options.ring, client, placeOf("registration", hash)));
  }

  #open(hash: string, text: string | undefined): Registration | undefined {
    const stored = sealedSchema.safeParse(parseJson(text ?? ""));
    if (!stored.success) return undefined;
    const opened = openJson(this.#options.ring, stored.data, placeOf("registration", hash));
    // Earlier versions kept larger ones, which no attempt has room for.
    const fits = JSON.stringify(opened ?? {}).length <= maxRegistrationBytes;
    return fits ? registrationSchema.safeParse(opened).data : undefined;
  }
}

/** Whether a client may ask for `scope`, as far as we know. */
function isRegisteredFor({ askedScope, scope: registered }: Registration, scope: string | undefined): boolean {
  const held = askedScope ?? registered;
  return held === undefined || covers(held, scope);
}

/** An older server without metadata has a registration endpoint at a place that we know (MCP 2025-03-26). */
const canRegisterAt = ({ authorizationServerMetadata: metadata }: DiscoveredServer) =>
  metadata === undefined || metadata.registration_endpoint !== undefined;

const sorted = (scope: string | undefined) => scope?.split(" ").sort().join(" ");

/** SHA-256 of issuer and redirect URL, and of the scope of a client that is for it alone; hexadecimal. */
const hashOf = (issuer: string, redirectUrl: string, scope?: string) =>
  createHash("sha256")
    .update([issuer, redirectUrl, ...(scope === undefined ? [] : [scope])].join("\n"))
    .digest("hex");
