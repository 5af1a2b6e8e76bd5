import { ConfigurationError } from "../errors.js";

const wrong = (what: string, hint: string) => new ConfigurationError(`RedisOAuthClientProvider: ${what}`, hint);

/** Without the provider's fetch, the SDK would renew tokens by itself, and sign users out. */
export const withoutFetch = () =>
  wrong(
    "The transport does not use p.fetch, so it can neither sign in nor renew tokens",
    "Write: new StreamableHTTPClientTransport(url, { authProvider: p, fetch: p.fetch }).",
  );

/** A token goes only to the server that it was issued for. */
export const wrongServer = () =>
  wrong(
    "The transport's address, or where the server redirects it, is not that of the connection, so nothing was sent there",
    "Write: new StreamableHTTPClientTransport(new URL(connection.serverUrl), { authProvider: p, fetch: p.fetch }).",
  );

const finishLine = "Write: await p.finishAuth(request.url), with the address as the browser sees it.";

/** A code alone does not say which attempt it belongs to. */
export const severalAttempts = () => wrong("This connection has more than one open sign-in", finishLine);

/** RFC 9207: without the issuer, the code could be another authorization server's. */
export const withoutIssuer = () =>
  wrong("The authorization server names itself in its callback, and finishAuth(code) leaves that out", finishLine);

/** Only the address of the callback tells this issuer's code from another's (RFC 9700 §4.4.2). */
export const withoutAddress = () =>
  wrong(
    "Only the callback's address says which server a code came from, and transport.finishAuth has no address",
    finishLine,
  );
