import { expect, test } from "vitest";
import { ring, someCredentials, someRecord, someSignIn } from "../samples.fixture.js";
import { metadataSchema, usedAfterSignIn } from "./authorization-server.js";
import { decodeCredentials, encodeCredentials } from "./credentials.js";

const issuer = "https://auth.example";
const many = Array.from({ length: 10_000 }, (_, at) => `value-${at}-of-a-list-that-is-long`);

/** The metadata of an authorization server that fills each list. */
const large = metadataSchema.parse({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  registration_endpoint: `${issuer}/register`,
  revocation_endpoint: `${issuer}/revoke`,
  scopes_supported: many,
  response_types_supported: ["code", ...many],
  grant_types_supported: ["authorization_code", "refresh_token", ...many],
  code_challenge_methods_supported: ["S256", ...many],
  token_endpoint_auth_methods_supported: ["private_key_jwt", "x".repeat(1_000), "none", "none", ...many],
  token_endpoint_auth_signing_alg_values_supported: ["RS256", "PS256", ...many],
  revocation_endpoint_auth_methods_supported: ["client_secret_post", ...many],
  revocation_endpoint_auth_signing_alg_values_supported: ["ES256", ...many],
});

test("credentials hold what renewals and revocations use of the metadata, and no more", () => {
  const used = usedAfterSignIn(large);
  expect(used).toMatchObject({ issuer, token_endpoint: `${issuer}/token`, revocation_endpoint: `${issuer}/revoke` });
  expect(used.token_endpoint_auth_methods_supported?.slice(0, 2)).toEqual(["private_key_jwt", "none"]);
  expect(used.token_endpoint_auth_signing_alg_values_supported?.slice(0, 2)).toEqual(["RS256", "PS256"]);
  expect(used.revocation_endpoint_auth_methods_supported?.[0]).toBe("client_secret_post");
  expect(used).not.toHaveProperty("scopes_supported");
  expect(JSON.stringify(used).length).toBeLessThan(8_192);
});

test("an older version of the app reads them", () => {
  expect(metadataSchema.parse(usedAfterSignIn(large))).toEqual(usedAfterSignIn(large));
});

test("a sign-in at a server with large metadata is stored in a few KB, and read as it was used", () => {
  const record = someRecord();
  const authorizationServer = { url: issuer, metadata: large, resource: null };
  const text = encodeCredentials(someCredentials({ signIn: someSignIn({ authorizationServer }) }), record, ring);
  expect(text.length).toBeLessThan(16_384);
  const { credentials } = decodeCredentials(text, record, ring);
  expect(credentials.signIn?.authorizationServer.metadata).toEqual(usedAfterSignIn(large));
});
