import { expect, test } from "vitest";
import { createMcp } from "../create-mcp.js";
import { checkBasePath } from "./base-path.js";

const wrong = (hint: string) => expect.objectContaining({ code: "CONFIGURATION_INVALID", hint });
const fix = 'Use the path below which the handler is mounted, without the host, such as "/api/mcp".';

test("a basePath is used as written, and is /api/mcp by default", () => {
  expect(checkBasePath(undefined)).toBe("/api/mcp");
  for (const basePath of ["/mcp", "/tools/api/mcp", "/v1.0/~ada/my-app_2", "/.well-known/mcp", "/Api/MCP"]) {
    expect(checkBasePath(basePath)).toBe(basePath);
  }
});

test.each([
  ["mcp", 'Write basePath: "/mcp".'],
  ["/mcp/", 'Write basePath: "/mcp".'],
  ["//mcp", 'Write basePath: "/mcp".'],
  ["/api//mcp", 'Write basePath: "/api/mcp".'],
  ["/api/./mcp", 'Write basePath: "/api/mcp".'],
  ["/api/mcp/*", 'Write basePath: "/api/mcp".'],
  ["/api/mcp/*path", 'Write basePath: "/api/mcp".'],
  ["/api/mcp/[...mcp]", 'Write basePath: "/api/mcp".'],
  ["/api/mcp/:path*", 'Write basePath: "/api/mcp".'],
  ["/api/mcp/{*path}", 'Write basePath: "/api/mcp".'],
  ["https://app.example.com/api/mcp", 'Write basePath: "/api/mcp".'],
  ["", fix],
  ["/", fix],
  ["https://app.example.com", fix],
  ["/api/mcp?a=1", fix],
  ["/:tenant/mcp", fix],
  ["/api/../mcp", fix],
  ["/api/mcp#a", fix],
  ["/my tools/mcp", fix],
  ["/m%63p", fix],
  ["/bücher", fix],
  ["\\mcp", fix],
  ["/mcp\n", fix],
])("a basePath of %j is refused at once: %s", (basePath, hint) => {
  expect(() => createMcp({ storage: "memory", basePath })).toThrow(wrong(hint));
  expect(() => checkBasePath(basePath)).toThrow(`createMcp: basePath "${basePath}" is not a path`);
});

test("everything that has the app's own address in it is below basePath", async () => {
  const mcp = createMcp({ storage: "memory", baseUrl: "https://app.example.com", basePath: "/tools/mcp" });
  expect(mcp.basePath).toBe("/tools/mcp");
  expect(mcp.clientMetadata).toMatchObject({
    client_id: "https://app.example.com/tools/mcp/client-metadata.json",
    client_uri: "https://app.example.com",
    redirect_uris: ["https://app.example.com/tools/mcp/auth/callback"],
  });
});
