import {
  Client,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerConsentPage, type OauthServer, startOauthServer } from "./server.js";

let server: OauthServer;

beforeAll(async () => {
  server = await startOauthServer({ accessTokenTtl: 1 });
});

afterAll(() => server.close());

/** Keeps in memory what the SDK asks its host to store. */
function createProvider(scope?: string) {
  const kept: {
    client?: Awaited<ReturnType<OAuthClientProvider["clientInformation"]>>;
    tokens?: Awaited<ReturnType<OAuthClientProvider["tokens"]>>;
    verifier?: string;
    discovery?: Awaited<ReturnType<NonNullable<OAuthClientProvider["discoveryState"]>>>;
    redirectedTo?: URL;
  } = {};
  const provider: OAuthClientProvider = {
    redirectUrl: "http://127.0.0.1:9/callback",
    clientMetadata: {
      client_name: "SDK client",
      redirect_uris: ["http://127.0.0.1:9/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
      ...(scope === undefined ? {} : { scope }),
    },
    clientInformation: () => kept.client,
    saveClientInformation: (client) => {
      kept.client = client;
    },
    tokens: () => kept.tokens,
    saveTokens: (tokens) => {
      kept.tokens = tokens;
    },
    codeVerifier: () => kept.verifier ?? "",
    saveCodeVerifier: (verifier) => {
      kept.verifier = verifier;
    },
    discoveryState: () => kept.discovery,
    saveDiscoveryState: (state) => {
      kept.discovery = state;
    },
    redirectToAuthorization: (url) => {
      kept.redirectedTo = url;
    },
  };
  return { provider, kept };
}

test.each([
  ["without a scope in its registration", undefined],
  ["with scopes in its registration", "notes:read notes:write"],
])("the SDK's client signs in %s, calls a tool, and refreshes", async (_case, scope) => {
  const { provider, kept } = createProvider(scope);
  const first = new StreamableHTTPClientTransport(new URL(server.url), { authProvider: provider });
  await expect(new Client({ name: "test", version: "0" }).connect(first)).rejects.toThrow(UnauthorizedError);

  const callback = await answerConsentPage(kept.redirectedTo ?? "", { name: "Ada" });
  await first.finishAuth(callback.searchParams);

  const client = new Client({ name: "test", version: "0" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { authProvider: provider }));
  expect(client.getNegotiatedProtocolVersion()).toBe("2025-11-25");

  const before = kept.tokens?.access_token;
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const found = await client.callTool({ name: "search_notes", arguments: { query: "" } });

  expect(found.structuredContent).toEqual({ notes: [] });
  expect(kept.tokens?.access_token).not.toBe(before);
  await client.close();
});
