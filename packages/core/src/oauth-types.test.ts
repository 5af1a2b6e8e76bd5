import type { OAuthClientInformation, OAuthTokens } from "@mcp-assistant/protocol";
import type {
  OAuthClientInformation as ClientOfVersion2,
  OAuthTokens as TokensOfVersion2,
} from "@modelcontextprotocol/client";
import type {
  OAuthClientInformation as ClientOfVersion1,
  OAuthTokens as TokensOfVersion1,
} from "@modelcontextprotocol/sdk/shared/auth.js";
import { expectTypeOf, test } from "vitest";

test("our OAuth types are those of both versions of the MCP SDK, so that values pass both ways", () => {
  expectTypeOf<OAuthTokens>().toExtend<TokensOfVersion1>();
  expectTypeOf<OAuthTokens>().toExtend<TokensOfVersion2>();
  expectTypeOf<TokensOfVersion1>().toExtend<OAuthTokens>();
  expectTypeOf<TokensOfVersion2>().toExtend<OAuthTokens>();
  expectTypeOf<OAuthClientInformation>().toExtend<ClientOfVersion1>();
  expectTypeOf<OAuthClientInformation>().toExtend<ClientOfVersion2>();
  expectTypeOf<ClientOfVersion1>().toExtend<OAuthClientInformation>();
  expectTypeOf<ClientOfVersion2>().toExtend<OAuthClientInformation>();
});
