import { parseUrl } from "@mcp-assistant/protocol";
import { ConfigurationError } from "../errors.js";
import { isLoopbackHost } from "../outbound/address-policy.js";
import { defaultBasePath } from "./base-path.js";

const inProduction = () => process.env.NODE_ENV === "production";

/**
 * The app's origin. It is checked at the first use, when the environment and NODE_ENV are those of the running app and
 * not of its build. Throws a {@link ConfigurationError} that says what is wrong with it.
 */
export function requireBaseUrl(baseUrl: string | undefined, isProduction = inProduction()): string {
  const fix = "Use the app's own address without a path, such as https://app.example.com.";
  if (!baseUrl)
    throw new ConfigurationError('createMcp: "baseUrl" is missing', `${fix} In development: http://localhost:3000.`);
  const url = checkOwnAddress(baseUrl, { option: "baseUrl", fix, isProduction });
  if (url.pathname !== "/" || /[?#]/.test(baseUrl)) {
    const path = url.pathname.replace(/\/+$/, "");
    throw new ConfigurationError(
      `createMcp: baseUrl "${baseUrl}" is more than an origin`,
      path ? `Write baseUrl: "${url.origin}". The path belongs to basePath: "${below(path)}".` : fix,
    );
  }
  return url.origin;
}

/**
 * Further redirect URLs. Each must be written as browsers write it, because authorization servers compare the text.
 * Throws a {@link ConfigurationError} that says what is wrong with one.
 */
export function requireCallbackUrls(callbackUrls: readonly string[], isProduction = inProduction()): readonly string[] {
  const fix = "Use a full address, such as https://app.example.com/oauth/callback.";
  for (const callbackUrl of callbackUrls) {
    if (!callbackUrl) throw new ConfigurationError("createMcp: callbackUrls has an empty entry", fix);
    const url = checkOwnAddress(callbackUrl, { option: "callbackUrls", fix, isProduction });
    const named = `createMcp: callbackUrls "${callbackUrl}"`;
    if (callbackUrl.includes("#"))
      throw new ConfigurationError(`${named} has a fragment, which a redirect URL must not have`, fix);
    if (url.pathname.includes("/auth/issuer/"))
      throw new ConfigurationError(
        `${named} is in the place of redirect URLs for one issuer alone`,
        "Use another path.",
      );
    if (url.href !== callbackUrl)
      throw new ConfigurationError(`${named} is not written the way browsers write it`, `Write ${url.href}.`);
  }
  return callbackUrls;
}

/** Where the handler of an app below a path is, unless the path is the handler's own. */
const below = (path: string) => (path.endsWith(defaultBasePath) ? path : `${path}${defaultBasePath}`);

/** Over http, cookies and codes can be intercepted. It is for this machine, and for development on your own network. */
function checkOwnAddress(
  address: string,
  { option, fix, isProduction }: { option: string; fix: string; isProduction: boolean },
): URL {
  const url = parseUrl(address);
  // The error does not repeat the address, which contains a password.
  if (url?.username || url?.password)
    throw new ConfigurationError(`createMcp: ${option} has a user name or password in it`, fix);
  const named = `createMcp: ${option} "${address}"`;
  // `localhost:3000` is also a valid URL, with the scheme `localhost:`.
  if (!url || (!url.host && !address.includes("//"))) {
    throw new ConfigurationError(`${named} has no scheme`, `${fix} Include https://.`);
  }
  if (!/^https?:$/.test(url.protocol)) throw new ConfigurationError(`${named} is neither https nor http`, fix);
  if (/^(?:0\.0\.0\.0|\[::\])$/.test(url.hostname)) {
    throw new ConfigurationError(
      `${named} is an address to listen on, not one that a browser can open`,
      "Use the address that people open in a browser.",
    );
  }
  if (isProduction && url.protocol === "http:" && !isOnThisMachine(url.hostname)) {
    throw new ConfigurationError(
      `${named} does not use https, which production requires`,
      "Use its https address. Over http, others could read the sign-ins. Only localhost and NODE_ENV=development may use http.",
    );
  }
  return url;
}

/** Browsers send requests for `*.localhost` only to this machine (RFC 6761 §6.3). */
const isOnThisMachine = (hostname: string) => isLoopbackHost(hostname) || hostname.endsWith(".localhost");
