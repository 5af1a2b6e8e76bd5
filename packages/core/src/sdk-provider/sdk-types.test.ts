import type { OAuthClientProvider as ProviderOfV2 } from "@modelcontextprotocol/client";
import type { OAuthClientProvider as ProviderOfV1 } from "@modelcontextprotocol/sdk/client/auth.js";
import { expectTypeOf, test } from "vitest";
import type { RedisOAuthClientProvider } from "./redis-oauth-client-provider.js";

test("the provider has the type that each SDK asks for", () => {
  expectTypeOf<RedisOAuthClientProvider>().toMatchTypeOf<ProviderOfV1>();
  expectTypeOf<RedisOAuthClientProvider>().toMatchTypeOf<ProviderOfV2>();
});
