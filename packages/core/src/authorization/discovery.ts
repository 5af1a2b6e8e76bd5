import {
  assertSecureTokenEndpoint,
  checkResourceAllowed,
  discoverOAuthServerInfo,
  resourceUrlFromServerUrl,
} from "@modelcontextprotocol/client";
import { AuthorizationFailedError } from "../errors.js";
import { type Fetch, withDeadline } from "../outbound/guarded-fetch.js";
import type { Challenge } from "../session/session-record.js";
import { asAuthorizationFailure } from "./authorization-failure.js";

export type DiscoveredServer = Awaited<ReturnType<typeof discoverOAuthServerInfo>> & {
  /** The authorization server's identifier (RFC 8414). */
  issuer: string;
  /** RFC 8707 resource, verbatim from the resource metadata (RFC 9728). */
  resource: string | undefined;
};

/** How long (ms) all requests of a discovery may take. */
const discoveryTimeout = 10_000;

/**
 * Finds the authorization server of an MCP server: resource metadata (RFC 9728), then the server's own metadata
 * (RFC 8414 or OpenID Connect), whose issuer must be the one asked for.
 *
 * Throws an {@link AuthorizationFailedError} that says which step failed, or the guarded fetch's errors.
 */
export async function discoverAuthorizationServer(
  serverUrl: string,
  challenge: Challenge | null,
  fetch: Fetch,
): Promise<DiscoveredServer> {
  const host = new URL(serverUrl).host;
  // The SDK takes a document that could not be fetched for one that is not there, and goes on with a guess.
  let unfetched: unknown;
  const bounded = withDeadline(fetch, discoveryTimeout);
  const fetchFn: Fetch = (url, init) =>
    bounded(url, init).catch((error: unknown) => {
      unfetched ??= error;
      throw error;
    });
  try {
    const { resourceMetadataUrl } = challenge ?? {};
    const info = await discoverOAuthServerInfo(serverUrl, {
      ...(resourceMetadataUrl ? { resourceMetadataUrl: new URL(resourceMetadataUrl) } : {}),
      fetchFn,
    });
    if (unfetched) throw unfetched;
    const metadata = info.authorizationServerMetadata;
    if (metadata) assertSecureTokenEndpoint(metadata.token_endpoint);
    const resource = info.resourceMetadata?.resource;
    if (resource && !coversServer(resource, serverUrl)) {
      throw new AuthorizationFailedError({
        message: `${host} says that its sign-in is for another address`,
        hint: "Check the address; if it is right, the server's operator has to correct its resource metadata.",
        retryable: false,
      });
    }
    return { ...info, issuer: metadata?.issuer ?? info.authorizationServerUrl, resource };
  } catch (error) {
    throw asAuthorizationFailure(error, {
      message: `${host} asked for a sign-in, but its authorization server could not be found`,
      hint: "The server's operator has to publish its authorization server's metadata.",
    });
  }
}

function coversServer(resource: string, serverUrl: string): boolean {
  return checkResourceAllowed({
    requestedResource: resourceUrlFromServerUrl(serverUrl),
    configuredResource: resource,
  });
}
