import { expect, test } from "vitest";
import { parseScopes, scopeNeeded } from "./scopes.js";

test("picks the known scopes from a list, in a fixed order", () => {
  expect(parseScopes("offline_access notes:write mail:read notes:read")).toEqual(["notes:read", "notes:write"]);
  expect(parseScopes(undefined)).toEqual([]);
});

test.each([
  ["search_notes", "notes:read"],
  ["create_note", "notes:write"],
  ["delete_note", "notes:delete"],
  ["constructor", undefined],
])("calling %s needs %s", (name, scope) => {
  expect(scopeNeeded({ method: "tools/call", params: { name } })).toBe(scope);
});

test.each(["resources/list", "resources/read", "prompts/get", "completion/complete"])(
  "%s shows notes, so it needs notes:read",
  (method) => {
    expect(scopeNeeded({ method, params: { uri: "note:///1" } })).toBe("notes:read");
    expect(scopeNeeded({ method, params: "odd" })).toBe("notes:read");
  },
);

test("listing tools needs no scope", () => {
  expect(scopeNeeded({ method: "tools/list" })).toBeUndefined();
  expect(scopeNeeded(undefined)).toBeUndefined();
});
