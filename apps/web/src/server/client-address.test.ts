import { expect, test } from "vitest";
import { clientAddress } from "./client-address";

test.each<[string, string | null, number, string | null]>([
  ["no proxy is trusted", "203.0.113.7", 0, null],
  ["the proxy's own entry", "203.0.113.7", 1, "203.0.113.7"],
  ["what the visitor wrote before it", "198.51.100.1, 203.0.113.7", 1, "203.0.113.7"],
  ["two proxies", "198.51.100.1, 203.0.113.7, 10.0.0.1", 2, "203.0.113.7"],
  ["a proxy that replaces the list", "203.0.113.7", 3, "203.0.113.7"],
  ["a port", "203.0.113.7:4711", 1, "203.0.113.7"],
  ["IPv6", "2001:db8:1:2:3:4:5:6", 1, "2001:db8:1:2::/64"],
  ["IPv6 in the same network", "2001:db8:1:2:ffff::", 1, "2001:db8:1:2::/64"],
  ["IPv6 in another one", "2001:db8:1:3::1", 1, "2001:db8:1:3::/64"],
  ["IPv6 in capitals, with zeros", "2001:0DB8:0001:0002::1", 1, "2001:db8:1:2::/64"],
  ["IPv6 in brackets", "[2001:db8::1]", 1, "2001:db8:0:0::/64"],
  ["IPv6 in brackets with a port", "[2001:db8::1]:4711", 1, "2001:db8:0:0::/64"],
  ["IPv6 with a zone", "fe80::1%eth0", 1, "fe80:0:0:0::/64"],
  ["IPv4 as IPv6", "::ffff:203.0.113.7", 1, "203.0.113.7"],
  ["IPv4 as IPv6 in hexadecimal", "::ffff:cb00:7107", 1, "203.0.113.7"],
  ["the unspecified address", "::", 1, "0:0:0:0::/64"],
  ["no entry", null, 1, "unknown"],
  ["an empty entry", "203.0.113.7,", 1, "unknown"],
  ["a name", "unknown", 1, "unknown"],
  ["any other text", "<script>", 1, "unknown"],
])("with %s, a visitor counts as their own network", (_what, forwardedFor, trustProxy, expected) => {
  expect(clientAddress(forwardedFor, trustProxy)).toBe(expected);
});
