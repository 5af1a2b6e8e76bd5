import { OAuthError } from "@modelcontextprotocol/client";
import { issuerOf } from "../../credentials/authorization-server.js";
import type { RegisteredClient, SignIn } from "../../credentials/credentials.js";
import { AuthorizationFailedError, AuthorizationRequiredError } from "../../errors.js";
import type { DiscoveredServer } from "../discovery/discovery.js";
import { printableUrl, withoutItsWords } from "../failure.js";
import { type AddClientAuthentication, authenticationOf, authenticationOfConfigured } from "./authentication.js";
import type { ClientMetadataDocument } from "./document.js";
import type { DynamicRegistrations } from "./dynamic.js";
import type { CheckedClient } from "./pre-registered.js";

export interface RegistrationOptions {
  /** What an operator has registered by hand. */
  configured: readonly CheckedClient[];
  /** What the app says of itself at its own address, where it has one. */
  document: ClientMetadataDocument | null;
  dynamic: Pick<DynamicRegistrations, "clientAt" | "forget" | "renew">;
}

/**
 * How authorization servers know this app. In this order: a client that an operator has registered by hand, the app's
 * Client ID Metadata Document, a registration of our own (RFC 7591); where none of them goes, an error that says what
 * the operator has to do.
 */
export class ClientRegistrations {
  readonly #configured: readonly CheckedClient[];
  readonly #document: ClientMetadataDocument | null;
  readonly #dynamic: RegistrationOptions["dynamic"];

  constructor({ configured, document, dynamic }: RegistrationOptions) {
    this.#configured = configured;
    this.#document = document;
    this.#dynamic = dynamic;
  }

  /**
   * Our client at the authorization server of an MCP server. `scope` and `redirectUrl` are what a registration of our own
   * names.
   *
   * Throws an `AuthorizationFailedError` that tells the operator what to configure.
   */
  async clientAt(
    server: DiscoveredServer,
    serverUrl: string,
    { scope, redirectUrl }: { scope: string | undefined; redirectUrl?: string },
  ): Promise<RegisteredClient> {
    const configured = this.#configuredFor(server.issuer, new URL(serverUrl));
    if (configured) {
      const { clientId, grant, scope: own } = configured;
      return { client_id: clientId, preregistered: { grant, ...(own === undefined ? {} : { scope: own }) } };
    }
    const readsDocuments = server.authorizationServerMetadata?.client_id_metadata_document_supported === true;
    if (this.#document && readsDocuments) return { client_id: this.#document.client_id };
    return this.#dynamic.clientAt(server, scope, redirectUrl);
  }

  /** Whether a server is used by the app itself (`client_credentials`): nobody signs in to it. */
  isOurOwn(serverUrl: string): boolean {
    const { origin } = new URL(serverUrl);
    return this.#configured.some(
      ({ grant, serverOrigin }) => grant === "client_credentials" && serverOrigin === origin,
    );
  }

  /**
   * How a client proves itself at the authorization server that it was used with. The secret or key of one that was
   * registered by hand is the configuration's at this moment, and stored nowhere: it can be replaced there.
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
      message: `The client of this sign-in at ${new URL(issuer).host} is no longer in the app's configuration`,
      hint: "Sign in again. If that does not help, the operator of this app has to put it back in authorization.clients.",
      retryable: false,
    });
  }

  /** Drops a client that its authorization server no longer knows: the next sign-in registers anew. */
  forget(issuer: string, clientId: string): Promise<void> {
    return this.#dynamic.forget(issuer, clientId);
  }

  /** The same for one with which sign-ins do not come back: at most once an hour. */
  renew(issuer: string, clientId: string): Promise<void> {
    return this.#dynamic.renew(issuer, clientId);
  }

  /** What is configured for the server itself, else what is for every server of the issuer. */
  #configuredFor(issuer: string, { origin, host }: URL): CheckedClient | undefined {
    const forServer = this.#configured.filter(({ serverOrigin }) => serverOrigin === origin);
    const fits =
      forServer.find((client) => client.issuer === issuer) ?? forServer.find((client) => client.issuer === undefined);
    if (fits) return fits;
    const [other] = forServer;
    if (!other) return this.#configured.find((client) => client.serverOrigin === undefined && client.issuer === issuer);
    throw new AuthorizationFailedError({
      message: `${host} has another authorization server than the one that this app has a client at`,
      hint:
        `Nothing was sent there. The operator of this app has configured the issuer ${other.issuer}, ` +
        `and the server names ${printableUrl(issuer)}.`,
      retryable: false,
    });
  }
}

/** Whether a token endpoint refused because it does not know our client (RFC 6749 §5.2). */
export function isUnknownClient(error: unknown): boolean {
  return error instanceof OAuthError && ["invalid_client", "unauthorized_client"].includes(error.code);
}

/** A client that was registered by hand, and that is refused: only the operator can help, no sign-in. */
export function clientRefused(issuer: string, cause: unknown): AuthorizationFailedError {
  return new AuthorizationFailedError({
    message: `${new URL(issuer).host} does not accept this app's client`,
    hint: "The operator of this app has to check it in authorization.clients: the clientId, and its secret or key.",
    retryable: false,
    cause: withoutItsWords(cause),
  });
}
