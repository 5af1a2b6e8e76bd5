import ipaddr from "ipaddr.js";

/** Public by its range, but a cloud's own: Azure's host, reachable from every machine there. */
const azureHost = "168.63.129.16";

/**
 * Whether an IP address is one of the public internet. Mapped IPv6 forms are judged by what they hold; translated and
 * tunnelled ones (NAT64, 6to4, Teredo) are never public. Of IPv6 only what is handed out for that is (2000::/3, RFC 4291).
 */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== "unicast") return false;
  if (parsed instanceof ipaddr.IPv4) return parsed.toString() !== azureHost;
  // 3fff::/20 is for documentation (RFC 9637).
  return parsed.match(globalUnicast) && !parsed.match(documentation);
}

const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");
const documentation = ipaddr.IPv6.parseCIDR("3fff::/20");
