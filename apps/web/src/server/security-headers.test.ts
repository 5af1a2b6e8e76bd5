import { expect, test } from "vitest";
import { contentSecurityPolicy, pageHeaders } from "./security-headers";

const local = new URL("http://127.0.0.1:3000");
const deployed = new URL("https://app.example.com");

test("a policy lets only scripts with the nonce run", () => {
  const policy = contentSecurityPolicy(deployed, "bm9uY2U=", false);
  expect(policy).toContain("script-src 'self' 'nonce-bm9uY2U=';");
  expect(policy).not.toContain("unsafe-eval");
  // Only attributes: a style element needs the nonce too.
  expect(policy.match(/[\w-]+ 'unsafe-inline'/g)).toEqual(["style-src-attr 'unsafe-inline'"]);
  for (const rule of ["default-src 'none'", "object-src 'none'", "base-uri 'none'", "form-action 'self'"]) {
    expect(policy.split("; ")).toContain(rule);
  }
  expect(policy).toContain("frame-ancestors 'none'");
});

test("eval is allowed only in development", () => {
  expect(contentSecurityPolicy(local, "a", true)).toContain("'unsafe-eval'");
  expect(contentSecurityPolicy(local, "a", true)).toContain("connect-src 'self' ws://127.0.0.1:3000");
  expect(contentSecurityPolicy(local, "a", false)).not.toMatch(/unsafe-eval|ws:/);
});

test("https is enforced only when the app is served over https", () => {
  const headersOf = (base: URL) => pageHeaders(base, contentSecurityPolicy(base, "a", false));
  expect(headersOf(deployed)).toMatchObject({
    "strict-transport-security": "max-age=31536000",
    "content-security-policy": expect.stringContaining("upgrade-insecure-requests"),
  });
  expect(JSON.stringify(headersOf(local))).not.toMatch(/strict-transport|upgrade-insecure/);
});
