import { startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { fetchFrom } from "../../samples.fixture.js";
import { startPlainAuthorizationServer } from "../plain-authorization-server.fixture.js";
import { type DiscoveryRules, discoverAuthorizationServer } from "./discovery.js";

const wellKnown = "/.well-known/oauth-protected-resource";

/** A document: the resource, with ORIGIN for the server's own, and whether it names the honest authorization server. */
interface Document {
  resource: string;
  isHonest?: boolean;
}

/**
 * Discovery for an MCP server at `path` of an origin that has these documents, each at a path below the well-known one,
 * or at any other that begins with a slash and is named in the challenge.
 */
async function discoverAt(
  path: string,
  documents: Record<string, Document>,
  {
    named,
    challenged,
  }: { named?: (origin: string, issuer: string) => DiscoveryRules["named"]; challenged?: string } = {},
) {
  const honest = await startPlainAuthorizationServer();
  const other = await startPlainAuthorizationServer();
  const { origin, host, close } = await startLoopbackServer((request, response) => {
    const { resource, isHonest = true } = documents[request.url ?? ""] ?? {};
    if (resource === undefined) return void response.writeHead(404).end();
    const authorization_servers = [isHonest ? honest.issuer : other.issuer];
    response.end(JSON.stringify({ resource: resource.replaceAll("ORIGIN", origin), authorization_servers }));
  });
  onTestFinished(async () => {
    await Promise.all([close(), honest.close(), other.close()]);
  });
  const challenge = challenged ? { resourceMetadataUrl: `${origin}${challenged}`, scope: null } : null;
  const rules = { appOrigin: "https://app.example", named: named?.(origin, honest.issuer) ?? [] };
  const found = discoverAuthorizationServer(
    `${origin}${path}`,
    challenge,
    fetchFrom([host, honest.host, other.host]),
    rules,
  );
  return found.then(
    ({ resource }) => resource?.replace(origin, "ORIGIN"),
    (error: { code: string; message: string }) => `${error.code} ${error.message}`.replace(host, "HOST"),
  );
}

const refused = "AUTHORIZATION_FAILED The sign-in of HOST is for a different address";
const mine = "/tenants/evil/mcp";
const at = (path: string) => `${wellKnown}${path}`;

test.each<[string, string, Record<string, Document>, string]>([
  ["the server's own URL", mine, { [at(mine)]: { resource: `ORIGIN${mine}` } }, `ORIGIN${mine}`],
  ["its URL with its query", "/mcp?a=b", { [at("/mcp?a=b")]: { resource: "ORIGIN/mcp?a=b" } }, "ORIGIN/mcp?a=b"],
  ["a server at the origin itself", "/", { [wellKnown]: { resource: "ORIGIN" } }, "ORIGIN"],
  ["the origin, which the root document does not say", mine, { [at(mine)]: { resource: "ORIGIN/" } }, refused],
  ["the origin without a slash, as above", mine, { [at(mine)]: { resource: "ORIGIN" } }, refused],
  [
    "the origin, as the root document does",
    mine,
    { [at(mine)]: { resource: "ORIGIN" }, [wellKnown]: { resource: "ORIGIN/" } },
    "ORIGIN",
  ],
  ["the origin, in the root document alone", mine, { [wellKnown]: { resource: "ORIGIN/" } }, "ORIGIN/"],
  [
    "the origin, for which the root document names another authorization server",
    mine,
    { [at(mine)]: { resource: "ORIGIN" }, [wellKnown]: { resource: "ORIGIN", isHonest: false } },
    refused,
  ],
  [
    "the origin, while the root document is for something else",
    mine,
    { [at(mine)]: { resource: "ORIGIN" }, [wellKnown]: { resource: "ORIGIN/mcp" } },
    refused,
  ],
  [
    "a path above, although the document there says so",
    mine,
    { [at(mine)]: { resource: "ORIGIN/tenants" }, [at("/tenants")]: { resource: "ORIGIN/tenants" } },
    refused,
  ],
  ["a path below", "/mcp", { [at("/mcp")]: { resource: "ORIGIN/mcp/below" } }, refused],
  ["a path that only begins alike", "/mcp", { [at("/mcp")]: { resource: "ORIGIN/mc" } }, refused],
  ["the path with a slash more", "/mcp", { [at("/mcp")]: { resource: "ORIGIN/mcp/" } }, refused],
  ["the path in another case", "/mcp", { [at("/mcp")]: { resource: "ORIGIN/MCP" } }, refused],
  ["another server's URL", mine, { [at(mine)]: { resource: "ORIGIN/tenants/honest/mcp" } }, refused],
  ["another origin", mine, { [at(mine)]: { resource: "https://honest.example/" } }, refused],
  ["another query", "/mcp?a=b", { [at("/mcp?a=b")]: { resource: "ORIGIN/mcp?a=c" } }, refused],
  [
    "its URL without the query, as the document there does",
    "/mcp?a=b",
    { [at("/mcp?a=b")]: { resource: "ORIGIN/mcp" }, [at("/mcp")]: { resource: "ORIGIN/mcp" } },
    "ORIGIN/mcp",
  ],
  [
    "its URL without the query, which the document there does not say",
    "/mcp?a=b",
    { [at("/mcp?a=b")]: { resource: "ORIGIN/mcp" } },
    refused,
  ],
])("RFC 9728 §3.3: resource metadata that names %s", async (_what, path, documents, expected) => {
  expect(await discoverAt(path, documents)).toBe(expected);
});

test("a document that a challenge names has no more to say than the one at the well-known address", async () => {
  const documents = { "/tenants/evil/document": { resource: "ORIGIN/" } };
  expect(await discoverAt(mine, documents, { challenged: "/tenants/evil/document" })).toBe(refused);
});

test.each<[string, (origin: string, issuer: string) => DiscoveryRules["named"], string]>([
  ["the server and its issuer", (serverOrigin, issuer) => [{ serverOrigin, issuer }], "ORIGIN/tenants"],
  ["the server alone", (serverOrigin) => [{ serverOrigin }], refused],
  ["the issuer alone", (_origin, issuer) => [{ issuer }], refused],
  ["another server", (_origin, issuer) => [{ serverOrigin: "https://mcp.example", issuer }], refused],
  ["another issuer", (serverOrigin) => [{ serverOrigin, issuer: "https://auth.example" }], refused],
])("a resource above the server, when the operator names %s", async (_what, named, expected) => {
  const documents = { [at(mine)]: { resource: "ORIGIN/tenants" } };
  expect(await discoverAt(mine, documents, { named })).toBe(expected);
});

/** Discovery for an app that is at the address of one of the authorization server's endpoints. */
async function discoverFrom(endpoint: string, named: (issuer: string) => DiscoveryRules["named"]) {
  const ours = "https://app.example";
  const server = await startPlainAuthorizationServer({ metadata: { [endpoint]: `${ours}/account/delete` } });
  const { origin, host, close } = await startLoopbackServer((_request, response) => {
    response.end(JSON.stringify({ resource: `${origin}/mcp`, authorization_servers: [server.issuer] }));
  });
  onTestFinished(async () => {
    await Promise.all([close(), server.close()]);
  });
  const rules = { appOrigin: ours, named: named(server.issuer) };
  return discoverAuthorizationServer(`${origin}/mcp`, null, fetchFrom([host, server.host]), rules);
}

test.each(["authorization", "token", "registration", "revocation"])(
  "a stranger's %s endpoint at the app's own origin is refused, and one of an issuer that the operator names is not",
  async (kind) => {
    const endpoint = `${kind}_endpoint`;
    for (const named of [[], [{ issuer: "https://auth.example" }]]) {
      await expect(discoverFrom(endpoint, () => named)).rejects.toMatchObject({
        code: "AUTHORIZATION_FAILED",
        message: expect.stringContaining("uses an address of this app for its sign-in"),
        retryable: false,
      });
    }
    const { authorizationServerMetadata } = await discoverFrom(endpoint, (issuer) => [{ issuer }]);
    expect(authorizationServerMetadata).toMatchObject({ [endpoint]: "https://app.example/account/delete" });
  },
);

test("endpoints that would be guessed at the app's own origin are refused, too", async () => {
  const { origin, host, close } = await startLoopbackServer((_request, response) => void response.writeHead(404).end());
  onTestFinished(close);
  const found = discoverAuthorizationServer(`${origin}/mcp`, null, fetchFrom([host]), { appOrigin: origin, named: [] });
  await expect(found).rejects.toMatchObject({ message: expect.stringContaining("uses an address of this app") });
});
