import { isIP } from "node:net";
import { ServerUrlForbiddenError } from "../errors.js";
import { isPublic } from "./public-address.js";
import { shownHost } from "./shown-host.js";

/**
 * Decides what may be dialled: public addresses, and the host:port pairs that the operator listed. Here, only the text
 * of a URL is judged; the addresses that its host name resolves to are judged when it is dialled.
 */
export class AddressPolicy {
  /** The pairs that the operator listed, sorted, so that equal lists make equal policies. */
  readonly allowHosts: readonly string[];

  /** `allowHosts`: `host:port` pairs, as in a URL. */
  constructor(allowHosts: readonly string[]) {
    this.allowHosts = [...new Set(allowHosts.map((host) => host.toLowerCase()))].sort();
  }

  /** Whether the operator listed this host and port. */
  names({ protocol, hostname, port }: Pick<URL, "protocol" | "hostname" | "port">): boolean {
    return this.allowHosts.includes(pairOf({ protocol, hostname, port }));
  }

  /**
   * Throws a {@link ServerUrlForbiddenError} for a URL that cannot belong to a public server: a scheme other than
   * http(s), a non-public address in any spelling, a name that only exists in a local network, or a port of another
   * protocol.
   */
  check(url: URL): void {
    if (!/^https?:$/.test(url.protocol)) throw notHttp(url);
    if (this.names(url)) return;
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (isIP(host) ? !isPublic(host) : isLocalName(host)) throw notPublic(url);
    if (otherProtocols.has(Number(url.port))) throw otherProtocol(url);
  }

  /**
   * Throws a {@link ServerUrlForbiddenError} if tokens and keys could be intercepted on the way (RFC 6750 §5.3). They
   * are sent only over https or to a host that the operator listed.
   */
  checkSecrets(url: URL): void {
    if (url.protocol === "https:" || this.names(url)) return;
    throw new ServerUrlForbiddenError({
      message: `${shownHost(url)} does not use HTTPS, so this app does not send it a key or a sign-in`,
      hint: "Use the server's https address.",
      operatorHint: howToAllow(url),
      retryable: false,
    });
  }
}

/** The `host:port` of an address, as `allowHosts` has it. */
const pairOf = ({ protocol, hostname, port }: Pick<URL, "protocol" | "hostname" | "port">) =>
  `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;

/** The longest pair (UTF-16 code units) that is worth pasting: a host name (RFC 1035 §2.3.4) and a port. */
const maxPairLength = 260;

/** What an operator sets so that an address is dialled; `when` begins the sentence. */
export function howToAllow(url: URL, when = "To allow it"): string {
  const pair = pairOf(url);
  if (pair.length > maxPairLength) return `${when}, add its host:port to outbound.allowHosts.`;
  return `${when}, add "${pair}" to outbound.allowHosts.`;
}

/** Whether a host name, as in a URL's `hostname`, means this machine. */
export const isLoopbackHost = (hostname: string) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

/**
 * Matches names with a different meaning in every network (RFC 6761, RFC 6762, RFC 8375), and names without a dot,
 * which a resolver completes with its own search domain.
 */
function isLocalName(hostname: string): boolean {
  const name = hostname.replace(/\.$/, "");
  return !name.includes(".") || /(^|\.)(localhost|localdomain|local|internal|intranet|home\.arpa|onion)$/.test(name);
}

/** The ports that `fetch` blocks in browsers, because services there speak another protocol (Fetch §2.9). */
const otherProtocols: ReadonlySet<number> = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

const notPublic = (url: URL) =>
  new ServerUrlForbiddenError({
    message: `${shownHost(url)} is not a public address, so this app does not connect to it`,
    hint: "Use a public address. Servers on a private network must be allowed in this app's settings.",
    operatorHint: howToAllow(url),
    retryable: false,
  });

const notHttp = ({ protocol }: URL) =>
  new ServerUrlForbiddenError({
    message: `Addresses that begin with ${protocol.slice(0, 20)} are not supported`,
    hint: "Use an https:// address. If it came from the server, contact the server's provider.",
    retryable: false,
  });

const otherProtocol = (url: URL) =>
  new ServerUrlForbiddenError({
    message: `Port ${url.port} is not used for web addresses, so this app does not connect to it`,
    hint: "Check the port in the address. If it came from the server, contact the server's provider.",
    operatorHint: howToAllow(url),
    retryable: false,
  });
