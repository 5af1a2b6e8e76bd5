import { discoverAuthorizationServerMetadata } from "@modelcontextprotocol/client";
import type { AuthorizationServerMetadata } from "../../credentials/authorization-server.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { shownHost } from "../../outbound/shown-host.js";
import type { Challenge } from "../../session/session-record.js";
import { asAuthorizationFailure } from "../failure.js";
import { boundedFetch, maxMetadataBytes } from "./bounded-fetch.js";
import {
  authorizationServerOf,
  checkResource,
  type ResourceMetadata,
  readResourceMetadata,
} from "./resource-metadata.js";
import { checkElsewhere, checkMetadata, checkReachedSafely } from "./server-metadata.js";

export interface DiscoveredServer {
  authorizationServerUrl: string;
  /**
   * Absent only if the MCP server has no resource metadata either. Then its endpoints are guessed, at its own origin.
   */
  authorizationServerMetadata?: AuthorizationServerMetadata | undefined;
  resourceMetadata?: ResourceMetadata | undefined;
  /** The authorization server's identifier (RFC 8414). */
  issuer: string;
  /** RFC 8707 resource, verbatim from the resource metadata (RFC 9728). */
  resource: string | undefined;
}

/** What the operator's configuration says about the servers of strangers. */
export interface DiscoveryRules {
  /** The origin of the app itself. */
  appOrigin: string;
  /** The servers and issuers that the operator names in `authorization.clients`. */
  named: readonly { readonly serverOrigin?: string | undefined; readonly issuer?: string | undefined }[];
}

/** How long (ms) all requests of a discovery may take together. */
const discoveryTimeoutMs = 10_000;

/**
 * Finds the authorization server of an MCP server: first the resource metadata (RFC 9728), then the authorization
 * server's own metadata (RFC 8414 or OpenID Connect). Its issuer must be the one asked for, and it must offer PKCE.
 * For an older server without resource metadata, and only then, we use the endpoints of MCP 2025-03-26 at the server's
 * own origin. No endpoint may be at the app's own origin, unless the operator names that issuer.
 *
 * Throws an `AuthorizationFailedError` that says which step failed, or the guarded fetch's errors.
 */
export async function discoverAuthorizationServer(
  serverUrl: string,
  challenge: Challenge | null,
  fetch: Fetch,
  { appOrigin, named }: DiscoveryRules,
): Promise<DiscoveredServer> {
  const host = shownHost(serverUrl);
  const bounded = boundedFetch(fetch, { ms: discoveryTimeoutMs, bytes: maxMetadataBytes });
  try {
    const resourceMetadata = await readResourceMetadata(serverUrl, challenge, bounded);
    const url = authorizationServerOf(serverUrl, resourceMetadata);
    const { origin } = new URL(serverUrl);
    const isTrusted = named.some(({ serverOrigin, issuer }) => serverOrigin === origin && issuer === url);
    if (resourceMetadata) await checkResource(serverUrl, resourceMetadata, { isTrusted, fetch: bounded });
    checkReachedSafely(new URL(url), host);
    const authorizationServerMetadata = await readMetadata(url, bounded);
    if (!authorizationServerMetadata && resourceMetadata) throw new Error("There is no metadata");
    const issuer = authorizationServerMetadata?.issuer ?? url;
    if (!named.some((client) => client.issuer === issuer)) {
      checkElsewhere(authorizationServerMetadata ?? { authorization_endpoint: url }, { appOrigin, host });
    }
    return {
      authorizationServerUrl: url,
      authorizationServerMetadata,
      resourceMetadata,
      issuer,
      resource: resourceMetadata?.resource,
    };
  } catch (error) {
    throw asAuthorizationFailure(error, {
      message: `${host} asks you to sign in, but its sign-in service could not be found`,
      hint: "Contact the server's provider.",
      operatorHint: "The server must publish the metadata of its authorization server (RFC 9728, RFC 8414).",
    });
  }
}

/** The checked metadata, with what the SDK drops from OpenID Connect documents, such as the revocation endpoint. */
async function readMetadata(url: string, fetch: Fetch): Promise<AuthorizationServerMetadata | undefined> {
  let text = "";
  const fetchFn: Fetch = async (...request) => {
    const response = await fetch(...request);
    text = await response.clone().text();
    return response;
  };
  const metadata = await discoverAuthorizationServerMetadata(url, { fetchFn });
  return metadata && checkMetadata({ ...JSON.parse(text), ...metadata });
}
