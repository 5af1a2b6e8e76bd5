import { validateClientMetadataUrl } from "@modelcontextprotocol/client";
import { ConfigurationError } from "../../errors.js";
import { isLoopbackHost } from "../../outbound/address-policy.js";
import type { RedirectUrls } from "../redirect-urls.js";

/** This app's OAuth Client ID Metadata Document, which authorization servers read at the URL in `client_id`. */
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

/**
 * The metadata document of this app, or null if it has none. Its URL is the app's `client_id` at every authorization
 * server that supports such documents. An app on http has no document: authorization servers fetch https URLs only.
 */
export function clientMetadataOf(app: {
  baseUrl: string;
  /** Where the handler is. */
  address: string;
  redirectUrls: RedirectUrls;
  clientName: string;
  /** The URL of a document that the operator hosts; undefined for the app's own URL, null for no document. */
  metadataUrl: string | null | undefined;
}): ClientMetadataDocument | null {
  const { baseUrl, address, redirectUrls, clientName, metadataUrl } = app;
  const url = metadataUrl === undefined ? `${address}/client-metadata.json` : metadataUrl;
  if (!url?.startsWith("https:")) return null;
  return {
    client_id: url,
    client_name: clientName,
    client_uri: baseUrl,
    redirect_uris: [...redirectUrls],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
    application_type: applicationTypeOf(redirectUrls[0]),
  };
}
