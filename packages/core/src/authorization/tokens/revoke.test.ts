import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test, vi } from "vitest";
import { processBusy } from "../../errors.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
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

/** A sign-in whose tokens can be revoked, at an address that only the test's own `fetch` knows. */
function revocable() {
  const signIn = someSignIn({}, "https://auth.example");
  const { metadata } = signIn.authorizationServer;
  if (!metadata) throw new Error("There is no metadata");
  const authorizationServer = {
    ...signIn.authorizationServer,
    metadata: { ...metadata, revocation_endpoint: "https://auth.example/revoke" },
  };
  return { ...signIn, authorizationServer };
}

const noRoom = () => processBusy("it is already reading as many answers as it can", "Run more processes.");

test("a revocation for which there is no room waits for it, and is sent once", async () => {
  const sent = vi.fn<Fetch>(async () => new Response(""));
  sent.mockRejectedValueOnce(noRoom()).mockRejectedValueOnce(noRoom());
  expect(await revokeTokens({ fetch: sent, registrations }, revocable())).toBe(true);
  expect(sent).toHaveBeenCalledTimes(3);
});

test("a revocation waits for room for two seconds, and not at all after any other failure", async () => {
  const full = vi.fn<Fetch>(async () => Promise.reject(noRoom()));
  expect(await revokeTokens({ fetch: full, registrations }, revocable())).toBe(false);
  expect(full.mock.calls.length).toBeGreaterThan(1);
  expect(full.mock.calls.length).toBeLessThanOrEqual(21);
  const broken = vi.fn<Fetch>(async () => Promise.reject(new Error("broken")));
  expect(await revokeTokens({ fetch: broken, registrations }, revocable())).toBe(false);
  expect(broken).toHaveBeenCalledTimes(1);
});
