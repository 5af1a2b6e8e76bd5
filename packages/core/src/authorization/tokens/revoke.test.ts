import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { fetchFrom, registrations, someSignIn } from "../../samples.fixture.js";
import { revokeTokens } from "./revoke.js";

test.each([
  ["as long as a token answer may be", 65_536, true],
  ["longer than that", 65_537, false],
])("an answer to a revocation that is %s", async (_what, length, agreed) => {
  const { origin, host, close } = await startLoopbackServer((_request, response) => {
    response.end("x".repeat(length));
  });
  onTestFinished(close);
  const signIn = someSignIn({}, origin);
  const { metadata } = signIn.authorizationServer;
  if (!metadata) throw new Error("There is no metadata");
  const authorizationServer = {
    ...signIn.authorizationServer,
    metadata: { ...metadata, revocation_endpoint: `${origin}/revoke` },
  };
  const deps = { fetch: fetchFrom([host]), registrations };
  expect(await revokeTokens(deps, { ...signIn, authorizationServer })).toBe(agreed);
});
