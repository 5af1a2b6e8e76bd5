import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { Agent, buildConnector } from "undici";
import { processWide } from "../process-wide.js";
import type { AddressPolicy } from "./address-policy.js";
import { maxRunBytes } from "./framing.js";
import { isPublic } from "./public-address.js";
import { watchedConnections } from "./wire.js";

/** The maximum time (ms) for the TCP connection and the TLS handshake together. */
const connectTimeoutMs = 5_000;

/** The maximum time (ms) that an idle connection is kept, even if the server proposes more. */
const maxKeepAliveMs = 60_000;

/**
 * The size (bytes) of names and values at which undici's parser gives up a head, or trailers. It makes an error for each
 * further field, so `framing.ts` is always earlier: trailers may begin in the middle of a piece.
 */
const maxHeaderBytes = 2 * maxRunBytes;

/** Resolves a host name to all its addresses. */
export type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** A host name, or the connection made to it, led to a non-public address. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
  readonly addresses: readonly string[];

  constructor(addresses: readonly string[]) {
    super("The address is not public");
    this.addresses = addresses;
  }
}

/** The process's keep-alive connections, per origin. Only equal policies share connections. */
export function dialler(policy: AddressPolicy): Agent {
  return processWide("outbound connections", policy.allowHosts.join(" "), () => createDialler(policy));
}

/**
 * Dials only what a policy allows. A name is resolved once, all its addresses are judged, and one of exactly those
 * addresses is dialled. So an attacker gains nothing by changing the DNS answer in between or by mixing public and
 * private addresses.
 */
export function createDialler(policy: AddressPolicy, resolve: Resolve = lookup): Agent {
  const dial = buildConnector({ timeout: connectTimeoutMs });
  const dialPublic = buildConnector({ timeout: connectTimeoutMs, lookup: lookupPublic(resolve) });
  const connect: buildConnector.connector = (target, callback) => {
    if (policy.names(asUrl(target))) return dial(target, callback);
    // A literal address never reaches the lookup function, so check it here.
    const host = target.hostname.replace(/^\[|\]$/g, "");
    if (isIP(host) && !isPublic(host)) return callback(new AddressRefused([host]), null);
    return dialPublic(target, (...[error, socket]) => {
      if (error) return callback(error, null);
      const { remoteAddress = "" } = socket;
      if (isPublic(remoteAddress)) return callback(null, socket);
      socket.destroy();
      return callback(new AddressRefused([remoteAddress]), null);
    });
  };
  return new Agent({
    connect,
    factory: watchedConnections,
    keepAliveMaxTimeout: maxKeepAliveMs,
    maxHeaderSize: maxHeaderBytes,
  });
}

/** Resolves a name, and fails unless all its addresses are public. */
export function lookupPublic(resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const refused = addresses.filter(({ address }) => !isPublic(address)).map(({ address }) => address);
      const [first] = addresses;
      if (refused.length > 0 || !first) return callback(new AddressRefused(refused), []);
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

/** The parts of a URL that a policy reads. */
function asUrl({ protocol, hostname, port }: buildConnector.Options) {
  const isBare = hostname.includes(":") && !hostname.startsWith("[");
  return { protocol, hostname: isBare ? `[${hostname}]` : hostname, port };
}
