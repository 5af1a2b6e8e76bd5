import { OAuthError } from "@modelcontextprotocol/client";
import { issuerOf } from "../../credentials/authorization-server.js";
import type { RegisteredClient, SignIn } from "../../credentials/credentials.js";
import { AuthorizationFailedError, AuthorizationRequiredError } from "../../errors.js";
import { shownHost } from "../../outbound/shown-host.js";
import type { DiscoveredServer } from "../discovery/discovery.js";
import { printableUrl, withoutMessage } from "../failure.js";
import { type RedirectUrls, redirectUrlAt } from "../redirect-urls.js";
import { type AddClientAuthentication, authenticationOf, authenticationOfConfigured } from "./authentication.js";
import type { ClientMetadataDocument } from "./document.js";
import type { DynamicRegistrations, Witness } from "./dynamic.js";
import type { CheckedClient } from "./pre-registered.js";
import type { Registrant } from "./registrant.js";

export interface RegistrationOptions {
  /** The clients that the operator registered by hand. */
  configured: readonly CheckedClient[];
  /** The app's Client ID Metadata Document, if it has one. */
  document: ClientMetadataDocument | null;
  redirectUrls: RedirectUrls;
  dynamic: Pick<DynamicRegistrations, "clientAt" | "suspect" | "widen">;
}

/** What a sign-in asks for. */
interface Wanted {
  scope: string | undefined;
  /** The connection's `callbackUrl`, if it is known. */
  callbackUrl?: string;
  /** The user who signs in, unless the app does itself. What their `take` throws is thrown. */
  registrant?: Registrant | undefined;
}

/** Who we are at an authorization server, and where it sends the user back to. */
interface ClientAtServer {
  client: RegisteredClient;
  redirectUrl: string;
}

/**
 * How authorization servers know this app. Tried in this order: a client that the operator registered by hand, the
 * app's Client ID Metadata Document at an issuer that promises `iss`, our own registration (RFC 7591). If none of them
 * works, an error tells the operator what to do.
 */
export class ClientRegistrations {
  readonly #configured: readonly CheckedClient[];
  readonly #document: ClientMetadataDocument | null;
  readonly #redirectUrls: RedirectUrls;
  readonly #dynamic: RegistrationOptions["dynamic"];

  constructor({ configured, document, redirectUrls, dynamic }: RegistrationOptions) {
    this.#configured = configured;
    this.#document = document;
    this.#redirectUrls = redirectUrls;
    this.#dynamic = dynamic;
  }

  /**
   * Our client at the authorization server of an MCP server, and the redirect URL of a sign-in there. `scope` is used
   * only if we register ourselves, which counts for the registrant.
   *
   * Throws an `AuthorizationFailedError` that tells the operator what to configure, and what the registrant's `take`
   * throws.
   */
  async clientAt(
    server: DiscoveredServer,
    serverUrl: string,
    { scope, callbackUrl = this.#redirectUrls[0], registrant }: Wanted,
  ): Promise<ClientAtServer> {
    const { issuer, authorizationServerMetadata: metadata } = server;
    const entry = this.#configuredFor(issuer, new URL(serverUrl));
    const readsDocuments = metadata?.client_id_metadata_document_supported === true;
    const at = {
      issuer,
      namesItself: metadata?.authorization_response_iss_parameter_supported === true,
      entry,
      readsDocument: readsDocuments && this.#document !== null,
    };
    const redirectUrl = redirectUrlAt(this.#redirectUrls, at, callbackUrl);
    if (entry) {
      const { clientId, grant, scope: own } = entry;
      const preregistered = { grant, ...(own === undefined ? {} : { scope: own }) };
      return { client: { client_id: clientId, preregistered }, redirectUrl };
    }
    // The document lists the shared URLs alone. Anyone can have it read, so a URL of one issuer must be in none.
    if (at.readsDocument && this.#document?.redirect_uris.includes(redirectUrl)) {
      return { client: { client_id: this.#document.client_id }, redirectUrl };
    }
    const byHand = redirectUrlAt(this.#redirectUrls, { ...at, entry: { callback: "shared" } }, callbackUrl);
    const client = await this.#dynamic.clientAt(server, { scope, redirectUrl, byHand, registrant });
    return { client, redirectUrl };
  }

  /** Whether the app signs in to a server as itself (`client_credentials`), so that users do not have to. */
  isOurOwn(serverUrl: string): boolean {
    const { origin } = new URL(serverUrl);
    return this.#configured.some(
      ({ grant, serverOrigin }) => grant === "client_credentials" && serverOrigin === origin,
    );
  }

  /**
   * How a client authenticates at the authorization server it was used with. The secret or key of a client registered
   * by hand is read from the current configuration and stored nowhere, so that it can be replaced there.
   *
   * Throws an {@link AuthorizationRequiredError} when such a client is no longer in the configuration.
   */
  authenticationOf(
    client: RegisteredClient,
    authorizationServer: SignIn["authorizationServer"],
  ): AddClientAuthentication {
    if (!client.preregistered) return authenticationOf(client);
    const issuer = issuerOf(authorizationServer);
    const configured = this.#configured.find(
      (candidate) =>
        candidate.clientId === client.client_id &&
        candidate.grant === client.preregistered?.grant &&
        (candidate.issuer === undefined || candidate.issuer === issuer),
    );
    if (configured) return authenticationOfConfigured(configured);
    throw new AuthorizationRequiredError({
      message: `This app can no longer use your sign-in at ${shownHost(issuer)}`,
      hint: "Sign in again. If that does not help, contact the people who run this app.",
      operatorHint: "The client of this sign-in is no longer in authorization.clients. Put it back if users need it.",
      retryable: false,
    });
  }

  /** Says that an authorization server may no longer know a client of ours. The next sign-in may replace it. */
  suspect(issuer: string, client: RegisteredClient, witness: Witness): Promise<void> {
    return this.#dynamic.suspect(issuer, client, witness);
  }

  /** Says that an authorization server refused a scope to a client of ours. The next sign-in may have one for it. */
  widen(...refused: Parameters<DynamicRegistrations["widen"]>): Promise<void> {
    return this.#dynamic.widen(...refused);
  }

  /** The client configured for the MCP server itself, or else the one for every server of the issuer. */
  #configuredFor(issuer: string, { origin }: URL): CheckedClient | undefined {
    const forServer = this.#configured.filter(({ serverOrigin }) => serverOrigin === origin);
    const fits =
      forServer.find((client) => client.issuer === issuer) ?? forServer.find((client) => client.issuer === undefined);
    if (fits) return fits;
    const [other] = forServer;
    if (!other) return this.#configured.find((client) => client.serverOrigin === undefined && client.issuer === issuer);
    throw new AuthorizationFailedError({
      message: `${shownHost(origin)} uses an unexpected sign-in service. Nothing was sent to it`,
      hint: "Contact the people who run this app.",
      operatorHint: `The issuer in authorization.clients is ${other.issuer}, but the server names ${printableUrl(issuer)}.`,
      retryable: false,
    });
  }
}

/** Whether a token endpoint refused a request because it does not know our client (RFC 6749 §5.2). */
export function isUnknownClient(error: unknown): boolean {
  return error instanceof OAuthError && ["invalid_client", "unauthorized_client"].includes(error.code);
}

/**
 * Who says so. A user can bring about most errors, but not that a token endpoint does not know our client.
 */
export const witnessOf = (error: unknown, userId: string): Witness =>
  error instanceof OAuthError && error.code === "invalid_client" ? "authorization-server" : { userId };

/**
 * The error for a client registered by hand that is refused. Only the operator can fix it; another sign-in does not
 * help.
 */
export function clientRefused(issuer: string, cause: unknown): AuthorizationFailedError {
  return new AuthorizationFailedError({
    message: `${shownHost(issuer)} does not recognise this app`,
    hint: "Contact the people who run this app.",
    operatorHint: "Check its client in authorization.clients: the clientId, and the secret or key.",
    retryable: false,
    cause: withoutMessage(cause),
  });
}
