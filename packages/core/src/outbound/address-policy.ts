import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { ServerUrlForbiddenError } from "../errors.js";

/** Which addresses may be dialled: public ones, and the host:port pairs that the operator named. */
export class AddressPolicy {
  readonly #allowed: ReadonlySet<string>;

  /** `allowHosts`: `host:port` pairs, as in a URL. */
  constructor(allowHosts: readonly string[]) {
    this.#allowed = new Set(allowHosts.map((host) => host.toLowerCase()));
  }

  /** Whether the operator named this host and port. */
  names(url: URL): boolean {
    return this.#allowed.has(`${url.hostname}:${url.port || (url.protocol === "https:" ? "443" : "80")}`);
  }

  /**
   * Throws a {@link ServerUrlForbiddenError} when the host is, or resolves to, a private, loopback, link-local or
   * otherwise special address. A name that does not resolve passes: dialling it will say so.
   */
  async check(url: URL): Promise<void> {
    if (this.names(url)) return;
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const addresses = isIP(host) ? [host] : await resolve(host);
    if (addresses.every(isPublic)) return;
    throw new ServerUrlForbiddenError({
      message: `${url.host} is not a public address, and this app does not connect to others`,
      hint: "Use the server's public address. An operator can allow it with outbound.allowHosts.",
      retryable: false,
    });
  }

  /**
   * Throws a {@link ServerUrlForbiddenError} where tokens and keys could be read on the way (RFC 6750 §5.3): they go by
   * https, or to a host that the operator named.
   */
  checkSecrets(url: URL): void {
    if (url.protocol === "https:" || this.names(url)) return;
    throw new ServerUrlForbiddenError({
      message: `${url.host} is not reached by https, so no key and no sign-in is sent to it`,
      hint: "Use its https address. An operator can allow it with outbound.allowHosts.",
      retryable: false,
    });
  }
}

/** A name of this machine, as a URL's `hostname` spells it. */
export const isLoopbackHost = (hostname: string) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

/** Public by its range, but a cloud's own: Azure's host, reachable from every machine there. */
const special: ReadonlySet<string> = new Set(["168.63.129.16"]);

/** Whether an IP address is one of the public internet. Mapped and translated IPv6 forms are judged by what they hold. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (special.has(parsed.toString())) return false;
  // ::a.b.c.d, the IPv4-compatible form, which no range of the library has.
  if (parsed instanceof ipaddr.IPv6 && parsed.parts.slice(0, 6).every((part) => part === 0)) return false;
  return parsed.range() === "unicast";
}

async function resolve(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
