import { createHash } from "node:crypto";
import type { RegisteredClient } from "../../credentials/credentials.js";
import type { KeyRing } from "../../credentials/key-ring.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { shownHost } from "../../outbound/shown-host.js";
import { singleFlight } from "../../process-wide.js";
import type { StorageDriver } from "../../session/storage-driver.js";
import type { DiscoveredServer } from "../discovery/discovery.js";
import { asAuthorizationFailure, printableUrl } from "../failure.js";
import { type RedirectUrls, redirectUrlsOf } from "../redirect-urls.js";
import { covers, everyScope, supportedScopes, uniteScopes } from "../scopes.js";
import { counted, type Registrant } from "./registrant.js";
import { type Registration, refusalIn, register, registrationSchema, type Wanted } from "./registration.js";
import { RegistrationStore, turnOf, turnOfAll, turnOfServer } from "./registration-store.js";

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
  /** The user who signs in. Without one, a registration counts for no one. */
  registrant?: Registrant | undefined;
}

/** An authorization server as it was discovered, as far as a registration needs it. */
type RegisteringServer = Pick<DiscoveredServer, "issuer" | "authorizationServerUrl" | "authorizationServerMetadata">;

/** Who says that a client is of no use: a user, who may have made it up, or the authorization server itself. */
export type Witness = { userId: string } | "authorization-server";

/**
 * The clients that we registered ourselves. One for each issuer and redirect URL is shared by all users, and no MCP
 * server has a say in it: its scope is all that the issuer itself lists. Beside it there may be clients for one exact
 * scope, of which each user causes one an hour, at their own cost. A client that seems to be of no use any more is
 * replaced by another for the same scope, once that exists and not before.
 */
export class DynamicRegistrations {
  readonly #options: DynamicRegistrationOptions;
  readonly #store: RegistrationStore;

  constructor(options: DynamicRegistrationOptions) {
    this.#options = options;
    this.#store = new RegistrationStore(options.driver, options.ring);
  }

  /**
   * Returns the registered client, or registers a new one (RFC 7591). Callers that need the same client, in any
   * process, wait for a single request.
   *
   * The client for exactly `scope` is used if it exists. If not, and the server has bound the shared
   * client to a scope that lacks some of `scope`, it is registered as far as the user's turn allows: what one MCP
   * server asks for must not change what others get.
   *
   * Throws an `AuthorizationFailedError` that tells the operator which redirect URL to register by hand (`byHand`), and
   * what the registrant's `take` throws. That is called if a client is missing, before a server is asked.
   */
  async clientAt(
    server: DiscoveredServer,
    { scope, redirectUrl = this.#options.redirectUrls[0], byHand = redirectUrl, registrant }: Asked = {},
  ): Promise<RegisteredClient> {
    const listed = server.authorizationServerMetadata?.scopes_supported;
    const everything = everyScope(listed);
    const place = placeOf(server.issuer, redirectUrl);
    const asker = registrant?.userId;
    const shared = () => this.#registered(place, server, { redirectUrl, scope: everything });
    try {
      const own = await this.#existing(server, { redirectUrl, scope }, asker);
      if (own) return own;
      // Before callers share a request: the refusal of one user must not reach another.
      const isNew = canRegisterAt(server) && !(await this.#store.read(place, asker));
      const client = await (isNew ? counted(registrant, shared) : shared());
      if (isRegisteredFor(client, uniteScopes(supportedScopes(scope, listed)))) return client;
      // The server lists other scopes than it did then, or an MCP server named them.
      if ((client.wantedScope ?? client.askedScope) !== everything) {
        const isReplaced = await this.#suspect(place, client, [turnOfAll, place, asker]);
        return isReplaced ? await shared() : client;
      }
      return (await this.#registeredFor(server, { redirectUrl, scope }, registrant)) ?? client;
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
   * Says that an authorization server may no longer know a client of ours, so that the next sign-in registers again. On
   * the word of users, all together can cause that once an hour; for a client of one scope, each user can. On its own
   * word, which no user can make up or prevent, it happens once in five minutes.
   */
  async suspect(issuer: string, client: RegisteredClient, witness: Witness): Promise<void> {
    const registration = registrationSchema.safeParse(client).data;
    const askedScope = registration?.askedScope;
    const isOfServer = witness === "authorization-server";
    const asker = isOfServer ? undefined : witness.userId;
    for (const redirectUrl of new Set([
      ...redirectUrlsOf(this.#options.redirectUrls, issuer),
      ...(registration?.redirect_uris ?? []).slice(0, 1),
    ])) {
      const shared = placeOf(issuer, redirectUrl);
      await this.#suspect(shared, client, [isOfServer ? turnOfServer : turnOfAll, shared, asker]);
      if (askedScope === undefined) continue;
      const own = placeOf(issuer, redirectUrl, askedScope);
      await this.#suspect(
        own,
        client,
        isOfServer ? [turnOfServer, own, asker] : [turnOf(witness.userId), shared, asker],
      );
    }
  }

  /**
   * Says that an authorization server refused `scope` to a client of ours (`invalid_scope`). Registers one for exactly
   * that, as far as the user's turn allows.
   */
  async widen(
    server: RegisteringServer,
    refused: { client: RegisteredClient; redirectUrl: string; scope: string | undefined },
    registrant: Registrant,
  ): Promise<void> {
    const shared = await this.#store.read(placeOf(server.issuer, refused.redirectUrl), registrant.userId);
    if (shared?.client_id !== refused.client.client_id) return;
    if (await this.#existing(server, refused, registrant.userId)) return;
    await this.#registeredFor(server, refused, registrant);
  }

  #suspect(place: string, { client_id }: RegisteredClient, turn: Parameters<RegistrationStore["take"]>) {
    return this.#store.suspect(place, client_id, { take: () => this.#store.take(...turn), asker: turn[2] });
  }

  /** The client for exactly this scope, if there is one. */
  async #existing(
    server: RegisteringServer,
    { redirectUrl, scope }: Wanted,
    asker: string | undefined,
  ): Promise<RegisteredClient | undefined> {
    const exact = exactly(scope);
    const place = placeOf(server.issuer, redirectUrl, exact);
    if (exact === undefined || !(await this.#store.read(place, asker))) return undefined;
    return this.#registered(place, server, { redirectUrl, scope: exact, isExact: true });
  }

  /** Registers a client for exactly this scope. Undefined if that may not be done now, or is refused. */
  async #registeredFor(
    server: RegisteringServer,
    { redirectUrl, scope }: Wanted,
    registrant: Registrant | undefined,
  ): Promise<RegisteredClient | undefined> {
    const exact = exactly(scope);
    if (exact === undefined) return undefined;
    const wanted = { redirectUrl, scope: exact, isExact: true };
    const place = placeOf(server.issuer, redirectUrl, exact);
    try {
      const turn = turnOf(registrant?.userId ?? "");
      // Counted first: a refusal there must not use up the turn. Where it is not their turn, the count is given back.
      return await counted(registrant, async () => {
        if (!(await this.#store.take(turn, placeOf(server.issuer, redirectUrl), registrant?.userId)))
          throw new Error("Not their turn");
        return this.#registered(place, server, wanted);
      });
    } catch {
      return undefined;
    }
  }

  #registered(place: string, server: RegisteringServer, wanted: Wanted): Promise<Registration> {
    return singleFlight("registration", `${this.#options.storeId} ${place}`, () =>
      this.#store.readOr(place, () => register(this.#options, server, wanted)),
    );
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

/** The scope of a client that is for it alone: the same scopes are the same client, in any order. */
const exactly = (scope: string | undefined) => uniteScopes(scope)?.split(" ").sort().join(" ");

/** SHA-256 of issuer and redirect URL, and of the scope of a client that is for it alone; hexadecimal. */
const placeOf = (issuer: string, redirectUrl: string, scope?: string) =>
  createHash("sha256")
    .update([issuer, redirectUrl, ...(scope === undefined ? [] : [scope])].join("\n"))
    .digest("hex");
