import ipaddr from "ipaddr.js";

/** In a public range, but internal to Azure: the address of its host, reachable from every virtual machine there. */
const azureHost = "168.63.129.16";

/**
 * Whether an IP address belongs to the public internet. IPv4-mapped IPv6 addresses are judged by the IPv4 address they
 * hold; translated and tunnelled ones (NAT64, 6to4, Teredo) are never public. Of IPv6, only the range for global
 * unicast (2000::/3, RFC 4291) is public.
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
