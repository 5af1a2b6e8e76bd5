import { createMcp, type McpOptions } from "@mcp-assistant/core";
import { expect, test } from "vitest";
import { createMcpHandler } from "./create-mcp-handler.js";

const baseUrl = "https://app.example.com";
const address = `${baseUrl}/api/mcp/client-metadata.json`;

/** An authorization server asks for the document: it has no cookie, and nobody knows it. */
function fetchDocument(options: Partial<McpOptions>): Promise<Response> {
  const mcp = createMcp({ storage: "memory", baseUrl, client: { name: "Our app" }, ...options });
  const userId = () => {
    throw new Error("The document is the same for everybody");
  };
  return createMcpHandler({ mcp, userId }).GET(new Request(address));
}

test("anybody may read and keep what the app says of itself, under the address that it has as a client", async () => {
  const response = await fetchDocument({});
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(response.headers.get("cache-control")).toBe("public, max-age=3600");
  expect(response.headers.get("set-cookie")).toBeNull();
  expect(await response.json()).toEqual({
    client_id: address,
    client_name: "Our app",
    client_uri: baseUrl,
    redirect_uris: [`${baseUrl}/api/mcp/auth/callback`],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
    application_type: "web",
  });
});

test("a secret of the configuration is no part of it", async () => {
  const clients = [{ issuer: "https://auth.example.com", clientId: "by-hand", clientSecret: "known-to-nobody-else" }];
  const text = await (await fetchDocument({ authorization: { clients } })).text();
  for (const ours of ["by-hand", "known-to-nobody-else"]) expect(text).not.toContain(ours);
});

test.each<[string, Partial<McpOptions>]>([
  ["on http", { baseUrl: "http://127.0.0.1:3000" }],
  ["whose operator wants none", { client: { name: "Our app", metadataUrl: null } }],
])("there is none for an app %s", async (_which, options) => {
  expect((await fetchDocument(options)).status).toBe(404);
});

test.each([
  "http://app.example.com/client.json",
  "https://app.example.com",
  "https://a.example/c#d",
  "client.json",
  "",
])("%j cannot be the address of a document", (metadataUrl) => {
  expect(() => createMcp({ client: { name: "Our app", metadataUrl } })).toThrow(
    expect.objectContaining({ code: "CONFIGURATION_INVALID", message: expect.stringContaining("client.metadataUrl") }),
  );
});
