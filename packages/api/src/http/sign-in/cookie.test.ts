import { expect, test } from "vitest";
import { cookieName, cookiesOf, expiredCookie, setCookie } from "./cookie.js";

const [plain, secure] = ["http://127.0.0.1:3000", "https://app.example.com"];

test("a cookie is HttpOnly and SameSite=Lax, and over https also Secure and bound to its host", () => {
  const cookie = (baseUrl: string) => setCookie({ name: cookieName("mcp_a", baseUrl), value: "1" }, 60, baseUrl);
  expect(cookie(plain)).toBe("mcp_a=1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
  // `__Host-` requires Secure, the path / and no domain (RFC 6265bis §4.1.3.2).
  expect(cookie(secure)).toBe("__Host-mcp_a=1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
});

test("an expired cookie replaces exactly the one that was set", () => {
  expect(expiredCookie(cookieName("mcp_a", secure), secure)).toBe(
    "__Host-mcp_a=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure",
  );
});

test("the cookies of a request keep their order", () => {
  const request = new Request(plain, { headers: { cookie: "b=2; a=1;c" } });
  expect(cookiesOf(request)).toEqual([
    { name: "b", value: "2" },
    { name: "a", value: "1" },
    { name: "c", value: "" },
  ]);
});
