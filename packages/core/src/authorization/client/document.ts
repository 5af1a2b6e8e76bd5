import { validateClientMetadataUrl } from "@modelcontextprotocol/client";
import { ConfigurationError } from "../../errors.js";
import { isLoopbackHost } from "../../outbound/address-policy.js";
import { isIssuerId, issuerIdOf, type RedirectUrls, redirectUrlOfIssuer } from "../redirect-urls.js";

/** An OAuth Client ID Metadata Document of this app, which authorization servers read at the URL in `client_id`. */
export interface ClientMetadataDocument {
  /** The document's own URL. */
  client_id: string;
  client_name: string;
  client_uri: string;
  redirect_uris: string[];
  grant_types: string[];
  response_types: string[];
  token_endpoint_auth_method: "none";
  application_type: ApplicationType;
}

type ApplicationType = "web" | "native";

/** OpenID Connect Registration §2: an app that is reached by http on the local machine counts as native. */
export function applicationTypeOf(redirectUrl: string): ApplicationType {
  const { protocol, hostname } = new URL(redirectUrl);
  return protocol === "http:" && isLoopbackHost(hostname) ? "native" : "web";
}

/** Throws a {@link ConfigurationError} for a URL that cannot be a `client_id`: it must be https and have a path. */
export function checkMetadataUrl(url: string): string {
  try {
    validateClientMetadataUrl(url);
    const { href, hash, username, password } = new URL(url);
    if (href === url && !hash && !username && !password) return url;
  } catch {
    // Reported below in our own words.
  }
  throw new ConfigurationError(
    "client.metadataUrl is not a valid address for a client metadata document",
    "Use an https address with a path, such as https://app.example.com/client.json, or null for no document.",
  );
}

interface DescribedApp {
  baseUrl: string;
  /** Where the handler is. */
  address: string;
  redirectUrls: RedirectUrls;
  clientName: string;
  /** The URL of a document that the operator hosts; undefined for the app's own URLs, null for no document. */
  metadataUrl: string | null | undefined;
}

/**
 * The document for one issuer alone, made of the shared one: it lists that issuer's redirect URL and no other. `address`:
 * where the handler is, which serves it. Null if the app has no documents, is not on https, or no issuer has this name.
 */
export function documentOfIssuer(
  shared: ClientMetadataDocument | null,
  address: string,
  issuerId: string,
): ClientMetadataDocument | null {
  if (!shared || !address.startsWith("https:") || !isIssuerId(issuerId)) return null;
  const redirectUrl = redirectUrlOfIssuer([`${address}/auth/callback`], issuerId);
  return { ...shared, client_id: `${address}/client/${issuerId}.json`, redirect_uris: [redirectUrl] };
}

/**
 * The metadata documents of this app. The URL of each is a `client_id` at the authorization servers that support such
 * documents. An app on http has none: authorization servers fetch https URLs only.
 */
export class ClientDocuments {
  /** Lists the redirect URLs that issuers may share; null if there is no such document. */
  readonly shared: ClientMetadataDocument | null;
  /** Whether the operator hosts the shared document. */
  readonly isHosted: boolean;
  readonly #address: string;

  constructor({ baseUrl, address, redirectUrls, clientName, metadataUrl }: DescribedApp) {
    this.#address = address;
    this.isHosted = typeof metadataUrl === "string";
    const url = metadataUrl === undefined ? `${address}/client-metadata.json` : metadataUrl;
    this.shared = url?.startsWith("https:")
      ? {
          client_id: url,
          client_name: clientName,
          client_uri: baseUrl,
          redirect_uris: [...redirectUrls],
          grant_types: ["authorization_code", "refresh_token"],
          response_types: ["code"],
          token_endpoint_auth_method: "none",
          application_type: applicationTypeOf(redirectUrls[0]),
        }
      : null;
  }

  ofIssuer(issuer: string): ClientMetadataDocument | null {
    return documentOfIssuer(this.shared, this.#address, issuerIdOf(issuer));
  }

  /** Whether a `client_id` is the URL of one of these documents, also of one that an earlier configuration had. */
  has(clientId: string): boolean {
    const address = this.#address;
    return (
      clientId === this.shared?.client_id ||
      clientId === `${address}/client-metadata.json` ||
      clientId.startsWith(`${address}/client/`)
    );
  }
}
