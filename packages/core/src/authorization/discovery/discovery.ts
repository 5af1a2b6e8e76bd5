import {
  checkResourceAllowed,
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  resourceUrlFromServerUrl,
} from "@modelcontextprotocol/client";
import type { AuthorizationServerMetadata } from "../../credentials/authorization-server.js";
import { AuthorizationFailedError } from "../../errors.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { shownHost } from "../../outbound/shown-host.js";
import type { Challenge } from "../../session/session-record.js";
import { asAuthorizationFailure } from "../failure.js";
import { boundedFetch, maxMetadataBytes } from "./bounded-fetch.js";
import { checkMetadata, checkReachedSafely } from "./server-metadata.js";

type ResourceMetadata = Awaited<ReturnType<typeof discoverOAuthProtectedResourceMetadata>>;

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

/** How long (ms) all requests of a discovery may take together. */
const discoveryTimeoutMs = 10_000;

/**
 * Finds the authorization server of an MCP server: first the resource metadata (RFC 9728), then the authorization
 * server's own metadata (RFC 8414 or OpenID Connect). Its issuer must be the one asked for, and it must offer PKCE.
 * For an older server without resource metadata, and only then, we use the endpoints of MCP 2025-03-26 at the server's
 * own origin.
 *
 * Throws an {@link AuthorizationFailedError} that says which step failed, or the guarded fetch's errors.
 */
export async function discoverAuthorizationServer(
  serverUrl: string,
  challenge: Challenge | null,
  fetch: Fetch,
): Promise<DiscoveredServer> {
  const host = shownHost(serverUrl);
  const bounded = boundedFetch(fetch, { ms: discoveryTimeoutMs, bytes: maxMetadataBytes });
  try {
    const resourceMetadata = await readResourceMetadata(serverUrl, challenge, bounded);
    if (resourceMetadata && !coversServer(resourceMetadata.resource, serverUrl)) {
      throw new AuthorizationFailedError({
        message: `The sign-in of ${host} is for a different address`,
        hint: "Check the server's address. If it is right, contact the server's provider.",
        operatorHint: "The resource in the server's metadata (RFC 9728) does not include this address.",
        retryable: false,
      });
    }
    const url = resourceMetadata?.authorization_servers?.[0] ?? new URL("/", serverUrl).href;
    checkReachedSafely(new URL(url), host);
    const authorizationServerMetadata = await readMetadata(url, bounded);
    if (!authorizationServerMetadata && resourceMetadata) throw new Error("There is no metadata");
    return {
      authorizationServerUrl: url,
      authorizationServerMetadata,
      resourceMetadata,
      issuer: authorizationServerMetadata?.issuer ?? url,
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

/**
 * Undefined if the server has no such document. One that exists but cannot be fetched or read is not replaced by a
 * guess.
 */
async function readResourceMetadata(
  serverUrl: string,
  challenge: Challenge | null,
  fetch: Fetch,
): Promise<ResourceMetadata | undefined> {
  const { origin } = new URL(serverUrl);
  const named = challenge?.resourceMetadataUrl ? new URL(challenge.resourceMetadataUrl) : undefined;
  // Only the server's own origin speaks for it. Otherwise anyone able to set a response header could name the
  // authorization server.
  const own = named?.origin === origin;
  let unfetched: unknown;
  let status = 0;
  const fetchFn: Fetch = async (url, init) => {
    try {
      const response = await fetch(url, init);
      status = response.status;
      return response;
    } catch (error) {
      unfetched ??= error;
      throw error;
    }
  };
  try {
    const options = named && own ? { resourceMetadataUrl: named } : {};
    return await discoverOAuthProtectedResourceMetadata(serverUrl, options, fetchFn);
  } catch (error) {
    if (unfetched) throw unfetched;
    if (status < 300 || status >= 500) throw error;
    if (!named || own) return undefined;
    throw new AuthorizationFailedError({
      message: `The sign-in of ${shownHost(origin)} is not set up correctly`,
      hint: "Contact the server's provider.",
      operatorHint: "The server must publish its resource metadata at its own address (RFC 9728).",
      retryable: false,
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

function coversServer(resource: string, serverUrl: string): boolean {
  return checkResourceAllowed({
    requestedResource: resourceUrlFromServerUrl(serverUrl),
    configuredResource: resource,
  });
}
