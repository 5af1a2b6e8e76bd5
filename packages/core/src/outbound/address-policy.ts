import { isIP } from "node:net";
import { ServerUrlForbiddenError } from "../errors.js";
import { isPublic } from "./public-address.js";

/**
 * What may be dialled: public addresses, and the host:port pairs that the operator named. A URL is judged here by what it
 * says; the addresses that its name has are judged when it is dialled.
 */
export class AddressPolicy {
  /** The pairs that the operator named, sorted: two policies with the same ones are the same. */
  readonly allowHosts: readonly string[];

  /** `allowHosts`: `host:port` pairs, as in a URL. */
  constructor(allowHosts: readonly string[]) {
    this.allowHosts = [...new Set(allowHosts.map((host) => host.toLowerCase()))].sort();
  }

  /** Whether the operator named this host and port. */
  names({ protocol, hostname, port }: Pick<URL, "protocol" | "hostname" | "port">): boolean {
    return this.allowHosts.includes(`${hostname}:${port || (protocol === "https:" ? "443" : "80")}`);
  }

  /**
   * Throws a {@link ServerUrlForbiddenError} for what no public server can be: another scheme than http(s), an address
   * that is not public, in whatever spelling, a name that is only known in some network, a port of another protocol.
   */
  check(url: URL): void {
    if (!/^https?:$/.test(url.protocol)) throw notHttp(url);
    if (this.names(url)) return;
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (isIP(host) ? !isPublic(host) : isLocalName(host)) throw notPublic(url);
    if (otherProtocols.has(Number(url.port))) throw otherProtocol(url);
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

/**
 * Names that mean something else in every network (RFC 6761, RFC 6762, RFC 8375), and names without a dot, which a
 * resolver completes with the domain that it stands in.
 */
function isLocalName(hostname: string): boolean {
  const name = hostname.replace(/\.$/, "");
  return !name.includes(".") || /(^|\.)(localhost|localdomain|local|internal|intranet|home\.arpa|onion)$/.test(name);
}

/** The ports that browsers' `fetch` blocks, because what answers there speaks another protocol (Fetch §2.9). */
const otherProtocols: ReadonlySet<number> = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

const notPublic = ({ host }: URL) =>
  new ServerUrlForbiddenError({
    message: `${host} is not a public address, and this app does not connect to others`,
    hint: "Use the server's public address. An operator can allow it with outbound.allowHosts.",
    retryable: false,
  });

const notHttp = ({ protocol }: URL) =>
  new ServerUrlForbiddenError({
    message: `An address of the kind ${protocol} is not dialled`,
    hint: "Give an http(s) address. If the server names it, its operator has to correct that.",
    retryable: false,
  });

const otherProtocol = ({ port }: URL) =>
  new ServerUrlForbiddenError({
    message: `Port ${port} belongs to another protocol than http(s), so this app does not connect to it`,
    hint: "Check the port in the address. If the server names it, its operator has to correct that.",
    retryable: false,
  });
