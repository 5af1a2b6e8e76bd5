import {
  checkResourceAllowed,
  discoverOAuthProtectedResourceMetadata,
  resourceUrlFromServerUrl,
} from "@modelcontextprotocol/client";
import { AuthorizationFailedError } from "../../errors.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { shownHost } from "../../outbound/shown-host.js";
import type { Challenge } from "../../session/session-record.js";

/** A server's own statement of what it is and who signs users in to it (RFC 9728). */
export type ResourceMetadata = Awaited<ReturnType<typeof discoverOAuthProtectedResourceMetadata>>;

/**
 * Undefined if the server has no such document. One that exists but cannot be fetched or read is not replaced by a
 * guess.
 */
export async function readResourceMetadata(
  serverUrl: string,
  challenge: Challenge | null,
  fetch: Fetch,
): Promise<ResourceMetadata | undefined> {
  const { origin } = new URL(serverUrl);
  const named = challenge?.resourceMetadataUrl ? new URL(challenge.resourceMetadataUrl) : undefined;
  // Only the server's own origin speaks for it. Otherwise anyone able to set a response header could name the
  // authorization server.
  const own = named?.origin === origin;
  const document = await readDocument(serverUrl, own ? named : undefined, fetch);
  if (document || !named || own) return document;
  throw new AuthorizationFailedError({
    message: `The sign-in of ${shownHost(origin)} is not set up correctly`,
    hint: "Contact the server's provider.",
    operatorHint: "The server must publish its resource metadata at its own address (RFC 9728).",
    retryable: false,
  });
}

/** The document at `at`, or at the well-known addresses of a resource. Undefined if it does not exist. */
async function readDocument(
  resource: string,
  at: URL | undefined,
  fetch: Fetch,
): Promise<ResourceMetadata | undefined> {
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
    return await discoverOAuthProtectedResourceMetadata(resource, at ? { resourceMetadataUrl: at } : {}, fetchFn);
  } catch (error) {
    if (unfetched) throw unfetched;
    if (status < 300 || status >= 500) throw error;
    return undefined;
  }
}

/** The authorization server that signs users in: the first one that is named, or else the server's own origin. */
export const authorizationServerOf = (serverUrl: string, document: ResourceMetadata | undefined): string =>
  document?.authorization_servers?.[0] ?? new URL("/", serverUrl).href;

/**
 * Checks whose tokens a document asks for (RFC 9728 §3.3). It must name the server's own URL. It may name the whole
 * origin, or the URL without its query, only if the well-known document of that resource does so too, with the same
 * authorization server: several people's servers may be at one origin, and a token for all of them must not go to one.
 * `isTrusted`: the operator vouches for this server and its authorization server, so any resource above it will do.
 *
 * Throws an {@link AuthorizationFailedError}, or the guarded fetch's errors.
 */
export async function checkResource(
  serverUrl: string,
  document: ResourceMetadata,
  { isTrusted, fetch }: { isTrusted: boolean; fetch: Fetch },
): Promise<void> {
  const own = resourceUrlFromServerUrl(serverUrl);
  const named = new URL(document.resource);
  if (named.href === own.href) return;
  if (isTrusted && checkResourceAllowed({ requestedResource: own, configuredResource: document.resource })) return;
  const isAbove = [new URL("/", own).href, own.href.slice(0, own.href.length - own.search.length)].includes(named.href);
  if (isAbove) {
    const wellKnown = new URL(`/.well-known/oauth-protected-resource${named.pathname.replace(/\/$/, "")}`, named);
    const said = await readDocument(named.href, wellKnown, fetch);
    const isSame = said !== undefined && new URL(said.resource).href === named.href;
    const servers = said?.authorization_servers ?? [new URL("/", own).href];
    if (isSame && servers.includes(authorizationServerOf(serverUrl, document))) return;
  }
  throw new AuthorizationFailedError({
    message: `The sign-in of ${shownHost(serverUrl)} is for a different address`,
    hint: "Check the server's address. If it is right, contact the server's provider.",
    operatorHint:
      "Its resource metadata (RFC 9728 §3.3) must name this address. To accept one above it, add its serverOrigin and issuer to authorization.clients.",
    retryable: false,
  });
}
