import { expect, test } from "vitest";
import { returnPath, returnToOf } from "./return-to.js";

const baseUrl = "https://app.example.com";
const app = { baseUrl, basePath: "/api/mcp", callbackUrls: [] };

test.each([
  ["/", "/"],
  ["/connections", "/connections"],
  ["/connections/abc.mail/tools?tool=search#result", "/connections/abc.mail/tools?tool=search#result"],
  ["/search?q=a%20b&next=%2Fhome", "/search?q=a%20b&next=%2Fhome"],
  ["/search?from=https://elsewhere.example/x", "/search?from=https://elsewhere.example/x"],
  ["/caf%C3%A9", "/caf%C3%A9"],
  ["/a/./b/../c", "/a/c"],
  ["/@username", "/@username"],
  ["/apis/mcp", "/apis/mcp"],
  [`/${"a".repeat(2_047)}`, `/${"a".repeat(2_047)}`],
])("a path of the app is kept: %s", (value, kept) => {
  expect(returnPath(value, app)).toBe(kept);
});

const hostile = [
  "",
  " ",
  "//evil.example",
  "///evil.example",
  "////evil.example/%2e%2e",
  "/\\evil.example",
  "\\/evil.example",
  "\\\\evil.example",
  "/\\/evil.example",
  "/a\\..\\..\\evil.example",
  "/%2f/evil.example",
  "/%2Fevil.example",
  "/%2f%2fevil.example",
  "/%5cevil.example",
  "/%5C%5Cevil.example",
  "/%252fevil.example",
  "/%25%32%66evil.example",
  "/..//evil.example",
  "/./\\evil.example",
  "/%2e%2e//evil.example",
  "/a/..//evil.example",
  "/.//evil.example",
  "/a//evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "/\r\n/evil.example",
  "\t//evil.example",
  " //evil.example",
  "/ /evil.example",
  "/\u0000/evil.example",
  "/\u007f",
  "/\u00a0/evil.example",
  "/\u2028",
  "/\uff0fevil.example",
  "/\u2215evil.example",
  "/%0d%0aset-cookie:%20a=b",
  "/ok?x=%0D%0ALocation:%20https://evil.example",
  "/%00",
  "/%09/evil.example",
  "https://evil.example",
  "https://app.example.com",
  "https://app.example.com@evil.example/",
  "https:/evil.example",
  "https:evil.example",
  "HTTPS://evil.example",
  "http://app.example.com/",
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "java\nscript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:msgbox(1)",
  "blob:https://app.example.com/1",
  "file:///etc/passwd",
  "evil.example",
  "@evil.example",
  ".evil.example",
  ":80/evil",
  "?returnTo=//evil.example",
  "#//evil.example",
  "connections",
  "/api/mcp/auth/start?session=abc",
  "/API/mcp/auth/start?session=abc",
  "/%61pi/mcp/auth/start?session=abc",
  "/x/../api/mcp/auth/start?session=abc",
  "/api/mcp",
  "/%",
  "/%e0%a4%a",
  `/${"a".repeat(2_048)}`,
  '/"onmouseover="alert(1) x="',
];

test.each(hostile.map((value) => [JSON.stringify(value).slice(0, 80), value]))(
  "an address that could lead to another site is dropped: %s",
  (_, value) => {
    expect(returnPath(value, app)).toBeNull();
  },
);

test("a path that is kept leads to the app itself and holds no HTML or header syntax", () => {
  for (const start of ["/", "/a", "/a/", "/a?", "/a#", "/a?b=", "/a/.."]) {
    for (const end of ['"', "'", "<", ">", "`", "{{1}}", "%22", "%3cscript%3e", ";", ":", "@", "../", "?", "#", "&"]) {
      for (const value of [start + end, start + end + end, `${start}${end}//evil.example`]) {
        const kept = returnPath(value, app);
        if (kept === null) continue;
        expect(new URL(`${baseUrl}${kept}`).origin, value).toBe(baseUrl);
        expect(kept, value).toMatch(/^\/(?!\/)[^\s\\<>"]*$/);
      }
    }
  }
});

test("a returnTo that is given twice is ignored", () => {
  const url = (query: string) => new URL(`${baseUrl}/api/mcp/auth/start?${query}`);
  expect(returnToOf(url("returnTo=/a"), app)).toBe("/a");
  expect(returnToOf(url("returnTo=/a&returnTo=//evil.example"), app)).toBeNull();
  expect(returnToOf(url("returnTo[]=/a"), app)).toBeNull();
  expect(returnToOf(url(""), app)).toBeNull();
});

test.each([
  ["/auth/start?session=abc"],
  ["/auth/callback"],
  ["/auth/callback/"],
  ["/AUTH/%63allback?code=a&state=b"],
  ["/auth/issuer"],
  ["/auth/issuer/abc?code=a&state=b"],
  ["/AUTH/%69ssuer/abc"],
  ["/auth/result"],
  ["/mcp/auth/start"],
  ["/mcp/auth/callback?state=b"],
])("a shorter name of a sign-in page, which a proxy may have left of it, is no page to return to: %s", (value) => {
  expect(returnPath(value, app)).toBeNull();
  expect(returnPath(`/elsewhere${value}`, app)).toBe(`/elsewhere${value}`);
});

const back = "https://app.example.com/shop/oauth.back/here";

test.each([
  ["the callback itself", back, "/shop/oauth.back/here", null],
  ["with its answer", back, "/shop/oauth.back/here?code=a&state=b", null],
  ["with a fragment", back, "/shop/oauth.back/here#top", null],
  ["with a slash at the end", back, "/shop/oauth.back/here/", null],
  ["in other letter case", back, "/Shop/OAuth.Back/HERE", null],
  ["with an encoded dot", back, "/shop/oauth%2eback/here", null],
  ["with an encoded letter", back, "/shop/oauth.back/%68ere", null],
  ["with detours", back, "/a/../shop/./oauth.back/%2e%2e/oauth.back/here", null],
  ["without what a proxy removes", back, "/oauth.back/here", null],
  ["of a host in upper case", back.replace("app.example", "APP.Example"), "/shop/oauth.back/here", null],
  ["of a host with a port", back.replace(".com", ".com:443"), "/shop/oauth.back/here", null],
  ["of a host with a dot at the end", back.replace(".com", ".com."), "/shop/oauth.back/here", null],
  ["of another host of the app", back.replace("app.", "auth."), "/shop/oauth.back/here", null],
  ["a callback at the root", "https://app.example.com/", "/", null],
  ["a callback that is a query", "https://app.example.com/?from=sign-in", "/?code=a&from=sign-in", null],
  ["the same page without that query", "https://app.example.com/?from=sign-in", "/?from=mail", "/?from=mail"],
  ["a page below it", back, "/shop/oauth.back/here/more", "/shop/oauth.back/here/more"],
  ["a page above it", back, "/shop/oauth.back", "/shop/oauth.back"],
  ["a page with a longer name", back, "/shop/oauth.back/here2", "/shop/oauth.back/here2"],
])("no sign-in returns to one of callbackUrls: %s", (_what, callbackUrl, value, kept) => {
  expect(returnPath(value, { ...app, callbackUrls: ["https://app.example.com/other", callbackUrl] })).toBe(kept);
});
