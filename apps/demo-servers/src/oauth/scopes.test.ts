import { expect, test } from "vitest";
import { parseScopes, scopeNeeded } from "./scopes.js";

test("knows its own scopes in a list, in their own order", () => {
  expect(parseScopes("offline_access notes:write mail:read notes:read")).toEqual(["notes:read", "notes:write"]);
  expect(parseScopes(undefined)).toEqual([]);
});

test.each([
  ["search_notes", "notes:read"],
  ["create_note", "notes:write"],
  ["delete_note", "notes:delete"],
  ["constructor", undefined],
])("the call of %s needs %s", (name, scope) => {
  expect(scopeNeeded({ method: "tools/call", params: { name } })).toBe(scope);
});

test("listing tools needs no scope", () => {
  expect(scopeNeeded({ method: "tools/list" })).toBeUndefined();
  expect(scopeNeeded(undefined)).toBeUndefined();
});
