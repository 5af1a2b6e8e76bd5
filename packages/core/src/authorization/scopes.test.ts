import { expect, test } from "vitest";
import { chooseScope, covers, scopesToShow, uniteScopes } from "./scopes.js";

const resource = (...scopes_supported: string[]) => ({
  resourceMetadata: { resource: "https://notes.example/mcp", scopes_supported },
});
const authorizationServer = (...scopes_supported: string[]) => ({
  authorizationServerMetadata: {
    issuer: "https://auth.example",
    authorization_endpoint: "https://auth.example/auth",
    token_endpoint: "https://auth.example/token",
    response_types_supported: ["code"],
    scopes_supported,
  },
});

test.each([
  ["what the challenge names", { ...resource("read", "write") }, "read", "read"],
  ["otherwise everything that the resource offers", { ...resource("read", "write") }, null, "read write"],
  ["everything that the resource offers when the challenge names an empty scope", { ...resource("read") }, "", "read"],
  ["nothing when no scope is named", {}, undefined, undefined],
  ["nothing when the resource offers no scope", { ...resource() }, null, undefined],
  [
    "offline_access as well, if the authorization server knows it",
    { ...resource("read"), ...authorizationServer("offline_access", "read") },
    null,
    "read offline_access",
  ],
  [
    "no offline_access if the authorization server does not know it",
    { ...resource("read"), ...authorizationServer("read") },
    null,
    "read",
  ],
  [
    "offline_access only once",
    { ...authorizationServer("offline_access") },
    "offline_access read",
    "offline_access read",
  ],
  ["no offline_access on its own", { ...authorizationServer("offline_access") }, null, undefined],
])("a sign-in asks for %s", (_rule, server, challenged, scope) => {
  expect(chooseScope(server, { challenged })).toBe(scope);
});

test.each([
  ["what the challenge names and what is granted", { granted: "read", challenged: "write" }, "read write"],
  ["what is granted and everything that the resource offers", { granted: "read" }, "read list"],
  ["what the challenge names, not what is configured", { challenged: "write", configured: "all" }, "write"],
  ["what the resource offers, not what is configured", { configured: "all" }, "list"],
])("a sign-in asks for %s", (_rule, sources, scope) => {
  expect(chooseScope(resource("list"), sources)).toBe(scope);
});

test("the configured scope is requested if no server names one", () => {
  expect(chooseScope({}, { configured: "all" })).toBe("all");
});

test("scope lists are united in order, without malformed scopes", () => {
  expect(uniteScopes("a b", null, "b  c\ta", undefined)).toBe("a b c");
  expect(uniteScopes('a"b', "a\\b", "ä", "https://api.example/notes.read")).toBe("https://api.example/notes.read");
  expect(uniteScopes("", " ", null)).toBeUndefined();
});

test("an endless scope list is cut, and granted scopes come first", () => {
  const endless = Array.from({ length: 10_000 }, (_, index) => `scope:${index}`).join(" ");
  const united = uniteScopes("granted", endless, "x".repeat(257)) ?? "";
  expect(united.length).toBeLessThanOrEqual(4_096);
  expect(united).toMatch(/^granted scope:0 scope:1 /);
});

test.each([
  ["a b", "b a", true],
  ["a b", undefined, true],
  ["a", "a b", false],
  ["", "a", false],
])("%j covers %j: %j", (held, wanted, answer) => {
  expect(covers(held, wanted)).toBe(answer);
});

test.each([
  ["the missing scopes", "a b c", "b", ["a", "c"]],
  ["each missing scope once", "a a", null, ["a"]],
  ["no scope that is already granted", "a", "a", []],
  ["nothing when a scope is malformed", 'a <b>"', null, []],
  ["nothing when a scope is too long to read", `a ${"b".repeat(101)}`, null, []],
  ["nothing when there are too many scopes to read", "a b c d e f", null, []],
  ["nothing when no scope is named", null, "a", []],
])("users are shown %s", (_rule, wanted, granted, shown) => {
  expect(scopesToShow(wanted, granted)).toEqual(shown);
});
