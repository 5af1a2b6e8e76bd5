import { createMcp, type McpOptions } from "@mcp-assistant/core";
import { expect, test } from "vitest";
import { createMcpHandler } from "./create-mcp-handler.js";

const baseUrl = "https://app.example.com";
const address = `${baseUrl}/api/mcp/client-metadata.json`;

/** Fetches the document as an authorization server would: without cookies or a user. */
function fetchDocument(options: Partial<McpOptions>): Promise<Response> {
  const mcp = createMcp({ storage: "memory", baseUrl, client: { name: "Our app" }, ...options });
  const userId = () => {
    throw new Error("The document is the same for everyone");
  };
  return createMcpHandler({ mcp, userId }).GET(new Request(address));
}

test("the app's client metadata is public and cacheable, and its address is the client_id", async () => {
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

test("the document holds no secret of the configuration", async () => {
  const clients = [{ issuer: "https://auth.example.com", clientId: "by-hand", clientSecret: "top-secret" }];
  const text = await (await fetchDocument({ authorization: { clients } })).text();
  for (const ours of ["by-hand", "top-secret"]) expect(text).not.toContain(ours);
});

test.each<[string, Partial<McpOptions>]>([
  ["on http", { baseUrl: "http://127.0.0.1:3000" }],
  ["whose operator turned it off", { client: { name: "Our app", metadataUrl: null } }],
])("the document does not exist for an app %s", async (_which, options) => {
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
