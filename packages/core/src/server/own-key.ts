import type { AuthProvider } from "@modelcontextprotocol/client";
import type { Credentials } from "../credentials/credentials.js";
import { HeadersRefusedError } from "../errors.js";
import type { Fetch } from "../outbound/guarded-fetch.js";
import { shownHost } from "../outbound/shown-host.js";

/** Adds custom headers to each request. Use the result only for the server that the headers are meant for. */
export function withHeaders(fetch: Fetch, custom: Credentials["headers"]): Fetch {
  const named = Object.entries(custom);
  if (named.length === 0) return fetch;
  return (url, init) => {
    const headers = new Headers(init?.headers);
    for (const [name, value] of named) headers.set(name, value.reveal());
    return fetch(url, { ...init, headers });
  };
}

/** The auth provider of a connection whose user supplied the Authorization header. */
export const ownAuthorization: AuthProvider = {
  token: async () => undefined,
  onUnauthorized: async ({ serverUrl }) => {
    throw new HeadersRefusedError({
      message: `${shownHost(serverUrl)} rejected your key`,
      hint: "Enter a different key.",
      retryable: false,
    });
  },
};
