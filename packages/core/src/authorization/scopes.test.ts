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
  ["what the challenge named", { ...resource("read", "write") }, "read", "read"],
  ["else all that the resource offers", { ...resource("read", "write") }, null, "read write"],
  ["all that the resource offers when the challenge named an empty scope", { ...resource("read") }, "", "read"],
  ["nothing when nobody named a scope", {}, undefined, undefined],
  ["nothing when the resource offers no scope", { ...resource() }, null, undefined],
  [
    "offline_access besides, where the authorization server knows it",
    { ...resource("read"), ...authorizationServer("offline_access", "read") },
    null,
    "read offline_access",
  ],
  ["no offline_access where it does not", { ...resource("read"), ...authorizationServer("read") }, null, "read"],
  ["offline_access once", { ...authorizationServer("offline_access") }, "offline_access read", "offline_access read"],
  ["no offline_access alone", { ...authorizationServer("offline_access") }, null, undefined],
])("a sign-in asks for %s", (_rule, server, challenged, scope) => {
  expect(chooseScope(server, { challenged })).toBe(scope);
});

test.each([
  ["what the challenge named and what is granted", { granted: "read", challenged: "write" }, "read write"],
  ["what is granted and all that the resource offers", { granted: "read" }, "read list"],
  ["what the challenge named, not what is configured", { challenged: "write", configured: "all" }, "write"],
  ["what the resource offers, not what is configured", { configured: "all" }, "list"],
])("a sign-in asks for %s", (_rule, sources, scope) => {
  expect(chooseScope(resource("list"), sources)).toBe(scope);
});

test("what is configured is asked for where nobody else has named a scope", () => {
  expect(chooseScope({}, { configured: "all" })).toBe("all");
});

test("a list of scopes is united in its order, without what no scope may be", () => {
  expect(uniteScopes("a b", null, "b  c\ta", undefined)).toBe("a b c");
  expect(uniteScopes('a"b', "a\\b", "ä", "https://api.example/notes.read")).toBe("https://api.example/notes.read");
  expect(uniteScopes("", " ", null)).toBeUndefined();
});

test("a list of scopes that would never end is cut, and what was granted stands first in it", () => {
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
])("%j has all of %j: %j", (held, wanted, answer) => {
  expect(covers(held, wanted)).toBe(answer);
});

test.each([
  ["what is missing", "a b c", "b", ["a", "c"]],
  ["each of them once", "a a", null, ["a"]],
  ["nothing of what is granted", "a", "a", []],
  ["nothing when one of them is no scope", 'a <b>"', null, []],
  ["nothing when one of them is too long to read", `a ${"b".repeat(101)}`, null, []],
  ["nothing when there are too many to read", "a b c d e f", null, []],
  ["nothing when none was named", null, "a", []],
])("people are shown %s", (_rule, wanted, granted, shown) => {
  expect(scopesToShow(wanted, granted)).toEqual(shown);
});
