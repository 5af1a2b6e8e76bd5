import { isIP } from "node:net";

/**
 * Whom a visitor counts as: their IPv4 address, or the first 64 bits of their IPv6 address, since one household or
 * machine has all the addresses below. `trustProxy` proxies are believed, as in `createMcp`: of `X-Forwarded-For`, the
 * entry of the outermost of them counts, and the entries before it are whatever the visitor sent. Null without a trusted
 * proxy, because then the whole header may be.
 */
export function clientAddress(forwardedFor: string | null, trustProxy: number): string | null {
  if (trustProxy === 0) return null;
  const entries = (forwardedFor ?? "").split(",").map((entry) => entry.trim());
  return networkOf(entries.slice(-trustProxy)[0] ?? "");
}

/** Any text that is not an address counts as the same one. */
function networkOf(entry: string): string {
  // Some proxies add a port.
  const address = /^\[([^\]]*)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry;
  if (isIP(address) === 4) return address;
  if (isIP(address) === 0) return "unknown";
  const groups = groupsOf(address);
  const last = groups.slice(6);
  // An IPv4 address written as IPv6 (RFC 4291 §2.5.5.2).
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return last.flatMap((group) => [group >> 8, group & 0xff]).join(".");
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [start = "", end] = address
    .replace(/%.*$/, "")
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_whole, ...bytes: string[]) => {
      const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
      return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    })
    .split("::");
  const groups = (part: string) =>
    part
      .split(":")
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16));
  const [first, rest] = [groups(start), groups(end ?? "")];
  return [...first, ...Array.from({ length: 8 - first.length - rest.length }, () => 0), ...rest];
}
