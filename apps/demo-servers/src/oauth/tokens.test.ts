import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { HandWrittenClient, INITIALIZE, postMcp, readTokens, type Tokens } from "./hand-written-client.fixture.js";
import { type OauthServer, startOauthServer } from "./server.js";

let server: OauthServer;
let client: HandWrittenClient;

beforeAll(async () => {
  server = await startOauthServer();
  client = await HandWrittenClient.register(server);
});

afterEach(() => {
  vi.useRealTimers();
});

afterAll(() => server.close());

function initialize({ access_token }: Pick<Tokens, "access_token">, at: OauthServer = server): Promise<Response> {
  return postMcp(at, INITIALIZE, { authorization: `Bearer ${access_token}` });
}

test("without a token, the challenge says where to sign in and names no error", async () => {
  const response = await postMcp(server, INITIALIZE);

  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toBe(
    `Bearer resource_metadata="${new URL(server.url).origin}/.well-known/oauth-protected-resource/mcp", scope="notes:read notes:write"`,
  );
});

test("a token is invalid from the second that it expires", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const tokens = await client.signIn();

  vi.advanceTimersByTime(59_000);
  expect((await initialize(tokens)).status).toBe(200);
  vi.advanceTimersByTime(1_000);
  const response = await initialize(tokens);

  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toMatch(/^Bearer error="invalid_token", resource_metadata="/);
});

test("the lifetime of access tokens can be set", async () => {
  const hasty = await startOauthServer({ accessTokenTtl: 1 });
  const tokens = await (await HandWrittenClient.register(hasty)).signIn();
  expect(tokens.expires_in).toBe(1);
  await vi.waitFor(async () => expect((await initialize(tokens, hasty)).status).toBe(401));
  await hasty.close();
});

test("a refresh returns a new access token and a new refresh token", async () => {
  const first = await client.signIn();
  const second = await readTokens(await client.refresh(first.refresh_token));

  expect(second.refresh_token).not.toBe(first.refresh_token);
  expect(second.access_token).not.toBe(first.access_token);
  expect((await initialize(second)).status).toBe(200);
});

test("using a refresh token twice revokes everything the user had granted", async () => {
  const first = await client.signIn();
  const second = await readTokens(await client.refresh(first.refresh_token));
  const reuse = await client.refresh(first.refresh_token);

  expect(reuse.status).toBe(400);
  expect(await reuse.json()).toMatchObject({ error: "invalid_grant" });
  expect((await client.refresh(second.refresh_token)).status).toBe(400);
  expect((await initialize(second)).status).toBe(401);
});

test("revoking the refresh token ends the access token too", async () => {
  const tokens = await client.signIn();
  expect((await client.revoke(tokens.refresh_token)).status).toBe(200);

  expect((await initialize(tokens)).status).toBe(401);
  expect((await client.refresh(tokens.refresh_token)).status).toBe(400);
});

test("a client cannot use or revoke another client's refresh token", async () => {
  const tokens = await client.signIn();
  const other = await HandWrittenClient.register(server);

  expect((await other.refresh(tokens.refresh_token)).status).toBe(400);
  await other.revoke(tokens.refresh_token);
  expect((await initialize(tokens)).status).toBe(200);
});

test("another demo server's token is refused", async () => {
  const other = await startOauthServer();
  const foreign = await (await HandWrittenClient.register(other)).signIn();

  expect((await initialize(foreign, other)).status).toBe(200);
  expect((await initialize(foreign)).status).toBe(401);
  await other.close();
});

test("the log distinguishes refreshes from code exchanges and contains no secrets", async () => {
  server.resetRequests();
  const tokens = await client.signIn();
  await client.refresh(tokens.refresh_token);
  await client.refresh("unknown");
  await postMcp(server, INITIALIZE);

  const log = server.requests();
  expect(log.filter(({ path }) => path === "/token")).toEqual([
    { server: "authorization", method: "POST", path: "/token", status: 200, grantType: "authorization_code" },
    { server: "authorization", method: "POST", path: "/token", status: 200, grantType: "refresh_token" },
    { server: "authorization", method: "POST", path: "/token", status: 400, grantType: "refresh_token" },
  ]);
  expect(log.at(-1)).toEqual({ server: "mcp", method: "POST", path: "/mcp", status: 401, rpcMethod: "initialize" });
  expect(new Set(log.map(({ path }) => path))).toEqual(
    new Set(["/auth", "/interaction/:uid", "/auth/:uid", "/token", "/mcp"]),
  );
});
