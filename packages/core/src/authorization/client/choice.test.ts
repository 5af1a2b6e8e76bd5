import { expect, onTestFinished, test } from "vitest";
import { createMcp } from "../../create-mcp.js";
import type { McpOptions } from "../../options/options.js";
import { attemptOf, someUser } from "../../samples.fixture.js";
import { startGuardedServer, startPlainAuthorizationServer } from "../plain-authorization-server.fixture.js";
import { issuerIdOf } from "../redirect-urls.js";

type Plain = Awaited<ReturnType<typeof startPlainAuthorizationServer>>;

/** An MCP server that uses that authorization server, and a user of an app who starts a sign-in. */
async function starting(authorization: Plain, options: Partial<McpOptions> = {}) {
  const server = await startGuardedServer({ issuer: () => authorization.issuer, accepts: (token) => token !== "" });
  const mcp = createMcp({
    storage: "memory",
    baseUrl: "https://app.example.com",
    outbound: { allowHosts: [server.host, authorization.host] },
    ...options,
  });
  onTestFinished(async () => {
    await mcp.close();
    await Promise.all([server.close(), authorization.close()]);
  });
  const userId = someUser();
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  const session = { userId, sessionId };
  return { mcp, session, start: () => mcp.forUser(session.userId).authorization.start(session.sessionId) };
}

test.each([
  ["a client registered by hand", "by-hand"],
  ["our document", "https://app.example.com/api/mcp/client-metadata.json"],
])("a registration that answers the client_id of %s is refused, and nothing is kept", async (_whose, client_id) => {
  const register = (asked: string) => ({ status: 201, body: { ...JSON.parse(asked), client_id } });
  const authorization = await startPlainAuthorizationServer({ register });
  const clients = [{ issuer: "https://auth.example", clientId: "by-hand" }];
  const { start } = await starting(authorization, { authorization: { clients } });
  for (let time = 0; time < 2; time++) {
    await expect(start()).rejects.toMatchObject({
      code: "AUTHORIZATION_FAILED",
      message: expect.stringContaining("registered this app as a client that it is elsewhere"),
    });
  }
  expect(paths(authorization)).toEqual(["/reg", "/reg"]);
});

async function clientIn(start: () => Promise<{ kind: string; url?: string }>) {
  return new URL((await start()).url ?? "").searchParams.get("client_id");
}

const readsDocuments = { client_id_metadata_document_supported: true };
const namesItself = { authorization_response_iss_parameter_supported: true };
const paths = ({ asked }: Plain) => asked.map(({ path }) => path);

test("an authorization server that reads metadata documents and promises iss gets our document's URL, and we do not register", async () => {
  const authorization = await startPlainAuthorizationServer({ metadata: { ...readsDocuments, ...namesItself } });
  const { mcp, session, start } = await starting(authorization);
  const address = "https://app.example.com/api/mcp/client-metadata.json";
  const started = await start();
  if (started.kind !== "redirect") throw new Error("There is no sign-in");
  const { searchParams } = new URL(started.url);
  expect(searchParams.get("client_id")).toBe(address);
  expect(mcp.clientMetadata).toEqual({
    client_id: address,
    client_name: "mcp-redis",
    client_uri: "https://app.example.com",
    redirect_uris: [searchParams.get("redirect_uri")],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
    application_type: "web",
  });
  const iss = authorization.issuer;
  const params = new URLSearchParams({ state: searchParams.get("state") ?? "", code: "a-code", iss });
  const nonceOf = (attempt: string) => (attempt === attemptOf(started.url) ? started.nonce : undefined);
  await mcp
    .forUser(session.userId)
    .authorization.finish({ params, cameTo: [searchParams.get("redirect_uri") ?? ""], nonceOf });
  expect(await mcp.forUser(session.userId).get(session.sessionId)).toMatchObject({ state: "CONNECTED" });
  const [exchange, ...others] = authorization.asked;
  expect(others).toEqual([]);
  expect(new URLSearchParams(exchange?.text).get("client_id")).toBe(address);
  expect(exchange?.authorization).toBeUndefined();
});

test("a metadata document that the operator hosts elsewhere is used where the issuer names itself", async () => {
  const authorization = await startPlainAuthorizationServer({ metadata: { ...readsDocuments, ...namesItself } });
  const metadataUrl = "https://static.example.com/our-app.json";
  const { mcp, start } = await starting(authorization, { client: { name: "Our app", metadataUrl } });
  const started = await start();
  const { searchParams } = new URL(started.kind === "redirect" ? started.url : "");
  expect(searchParams.get("client_id")).toBe(metadataUrl);
  expect(mcp.clientMetadata).toMatchObject({ client_id: metadataUrl, client_name: "Our app" });
  expect(mcp.clientMetadata?.redirect_uris).toEqual([searchParams.get("redirect_uri")]);
});

test.each<[string, Record<string, unknown>, Partial<McpOptions>]>([
  ["an authorization server that does not mention metadata documents", {}, {}],
  [
    "an authorization server that does not read metadata documents",
    { client_id_metadata_document_supported: false },
    {},
  ],
  ["an authorization server that reads metadata documents, but does not promise iss", readsDocuments, {}],
  [
    "the same, where the operator hosts the document",
    readsDocuments,
    { client: { name: "Ours", metadataUrl: "https://static.example.com/our-app.json" } },
  ],
  [
    "an app on http, which cannot have a document",
    { ...readsDocuments, ...namesItself },
    { baseUrl: "http://127.0.0.1:9" },
  ],
  [
    "an app whose operator has turned the document off",
    { ...readsDocuments, ...namesItself },
    { client: { name: "Ours", metadataUrl: null } },
  ],
])("with %s, the app registers", async (_which, metadata, options) => {
  const authorization = await startPlainAuthorizationServer({ metadata });
  const { start } = await starting(authorization, options);
  expect(await clientIn(start)).toMatch(/^client-/);
  expect(paths(authorization)).toEqual(["/reg"]);
});

test("a client registered by hand takes precedence over the document and over registration", async () => {
  const authorization = await startPlainAuthorizationServer({ metadata: readsDocuments });
  const clients = [{ issuer: authorization.issuer, clientId: "by-hand" }];
  const { start } = await starting(authorization, { authorization: { clients } });
  expect(await clientIn(start)).toBe("by-hand");
  expect(paths(authorization)).toEqual([]);
});

test.each([
  ["https://app.example.com", "web"],
  ["https://localhost:3000", "web"],
  ["http://app.internal:3000", "web"],
  ["http://127.0.0.1:3000", "native"],
  ["http://localhost:3000", "native"],
  ["http://[::1]:3000", "native"],
])("an app at %s registers as %s", async (baseUrl, type) => {
  const authorization = await startPlainAuthorizationServer();
  const { start } = await starting(authorization, { baseUrl });
  await start();
  expect(JSON.parse(authorization.asked[0]?.text ?? "")).toMatchObject({
    application_type: type,
    redirect_uris: [`${baseUrl}/api/mcp/auth/issuer/${issuerIdOf(authorization.issuer)}`],
  });
});

test.each([
  [
    400,
    { error: "invalid_redirect_uri", error_description: "<b>call-my-hotline</b>" },
    "does not accept this app's redirect URL",
  ],
  [403, { error: "access_denied", error_description: "<b>call-my-hotline</b>" }, "refused to register this app"],
  [500, "call-my-hotline", "refused to register this app"],
])("a registration that is answered with %i leaves a message for the operator", async (status, body, problem) => {
  const authorization = await startPlainAuthorizationServer({ register: () => ({ status, body }) });
  const { start, mcp, session } = await starting(authorization);
  const error: unknown = await start().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "AUTHORIZATION_FAILED",
    message: `${authorization.host} ${problem}`,
    hint: expect.stringContaining("API key"),
    operatorHint:
      `Register a client for the redirect URL https://app.example.com/api/mcp/auth/callback at ${authorization.issuer}, ` +
      "then add it to authorization.clients with that issuer.",
  });
  expect(JSON.stringify([error, await mcp.forUser(session.userId).get(session.sessionId)])).not.toContain("hotline");
});

test("an authorization server cannot pass its registration off as one made by hand", async () => {
  const more = { client_id: "client-of-mine", preregistered: { grant: "client_credentials" } };
  const register = (asked: string) => ({ status: 201, body: { ...JSON.parse(asked), ...more } });
  const authorization = await startPlainAuthorizationServer({ register });
  const { start } = await starting(authorization);
  expect(await clientIn(start)).toBe("client-of-mine");
});
