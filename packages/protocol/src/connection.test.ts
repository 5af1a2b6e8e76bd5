import { expect, test } from "vitest";
import { needsSignIn } from "./connection.js";
import { connectionStateSchema, isConnected } from "./connection-state.js";

const authUrl = "https://app.example/api/mcp/auth/start?session=a";

test("a connection needs a sign-in while it offers one; a connected one works without", () => {
  for (const state of connectionStateSchema.options) {
    expect(needsSignIn({ state, authUrl })).toBe(state !== "CONNECTED");
    expect(needsSignIn({ state, authUrl: null })).toBe(false);
  }
});

test("the tools can be used while a connection is connected or being checked", () => {
  expect(connectionStateSchema.options.filter(isConnected)).toEqual(["CONNECTED", "VALIDATING"]);
});
