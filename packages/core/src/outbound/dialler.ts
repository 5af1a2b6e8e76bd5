import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { Agent, buildConnector } from "undici";
import { processWide } from "../process-wide.js";
import type { AddressPolicy } from "./address-policy.js";
import { isPublic } from "./public-address.js";

/** How long (ms) TCP and TLS may take together. */
const connectTimeoutMs = 5_000;

/** How long (ms) a connection that nobody uses is kept, whatever the server proposes. */
const maxKeepAliveMs = 60_000;

/** The most bytes of an answer's head. */
export const maxHeaderBytes = 16_384;

/** Asks for all addresses of a name. */
export type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** A name, or the connection made to it, turned out to lead to an address that is not public. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
  readonly addresses: readonly string[];

  constructor(addresses: readonly string[]) {
    super("The address is not public");
    this.addresses = addresses;
  }
}

/** The process's connections, kept alive for each origin: those that one policy allows are not used by another one. */
export function dialler(policy: AddressPolicy): Agent {
  return processWide("outbound connections", policy.allowHosts.join(" "), () => createDialler(policy));
}

/**
 * Dials what a policy allows. A name is resolved once, all its addresses are judged, and one of those very addresses is
 * dialled: an answer that changes between the two, or that mixes public and private ones, gains nothing.
 */
export function createDialler(policy: AddressPolicy, resolve: Resolve = lookup): Agent {
  const dial = buildConnector({ timeout: connectTimeoutMs });
  const dialPublic = buildConnector({ timeout: connectTimeoutMs, lookup: lookupPublic(resolve) });
  const connect: buildConnector.connector = (target, callback) => {
    if (policy.names(asUrl(target))) return dial(target, callback);
    // A literal address is never looked up.
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
  return new Agent({ connect, keepAliveMaxTimeout: maxKeepAliveMs, maxHeaderSize: maxHeaderBytes });
}

/** Looks a name up, and answers only when all its addresses are public. */
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

/** As a policy reads it. */
function asUrl({ protocol, hostname, port }: buildConnector.Options) {
  const isBare = hostname.includes(":") && !hostname.startsWith("[");
  return { protocol, hostname: isBare ? `[${hostname}]` : hostname, port };
}
