import { expect, test } from "vitest";
import { chooseScope } from "./scopes.js";

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
  expect(chooseScope(server, challenged)).toBe(scope);
});
