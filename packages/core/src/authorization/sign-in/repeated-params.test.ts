import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appFor, callbackOf, finish, openSignIn, tokenRequests } from "./sign-in.fixture.js";

let server: OauthServer;

beforeAll(async () => {
  server = await startOauthServer();
});

afterAll(() => server.close());

test.each([
  ["the state", "state", "another"],
  ["the code", "code", "another"],
  ["the issuer", "iss", "https://evil.example"],
  ["an error", "error", "access_denied"],
  ["a description", "error_description", "No"],
  ["an address of a description", "error_uri", "https://evil.example"],
])(
  "RFC 6749 §3.1: a callback with %s twice changes nothing, in any order, and the genuine one still works",
  async (_what, name, value) => {
    const mcp = appFor(server);
    const signIn = await openSignIn(mcp, server);
    const callback = await callbackOf(signIn);
    server.resetRequests();
    const genuine = [...callback.params].filter(([each]) => each === name);
    const others = [...callback.params].filter(([each]) => each !== name);
    const own = genuine[0]?.[1] ?? value;
    for (const values of [
      [own, value],
      [value, own],
      [own, own],
      ["", own],
      [own, ""],
    ]) {
      const params = new URLSearchParams([...values.map((each): [string, string] => [name, each]), ...others]);
      await expect(finish(mcp, { ...callback, params })).rejects.toMatchObject({
        code: "INVALID_STATE",
        reason: "repeated",
      });
    }
    expect(tokenRequests(server, "authorization_code")).toBe(0);
    expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({ state: "AUTHENTICATING" });
    await finish(mcp, callback);
    expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({ state: "CONNECTED" });
  },
);

test("parameters of the provider's own may come twice", async () => {
  const mcp = appFor(server);
  const signIn = await openSignIn(mcp, server);
  const callback = await callbackOf(signIn);
  for (const value of ["a", "b"]) callback.params.append("tenant", value);
  await finish(mcp, callback);
  expect(await mcp.forUser(signIn.userId).get(signIn.sessionId)).toMatchObject({ state: "CONNECTED" });
});
