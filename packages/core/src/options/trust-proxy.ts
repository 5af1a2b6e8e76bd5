import { ConfigurationError } from "../errors.js";

/** How many proxies are trusted. Throws a {@link ConfigurationError} for anything that is not a number of them. */
export function checkTrustProxy(trustProxy: boolean | number = false): number {
  const proxies = Number(trustProxy);
  const isCount = (typeof trustProxy === "boolean" || typeof trustProxy === "number") && Number.isInteger(proxies);
  if (isCount && proxies >= 0 && proxies <= 10) return proxies;
  throw new ConfigurationError(
    `createMcp: trustProxy is ${JSON.stringify(trustProxy)}`,
    "Use true for the proxy in front of the app, or the number of your proxies if there are several.",
  );
}
