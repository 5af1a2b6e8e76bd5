import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from "node:crypto";
import { expect, test } from "vitest";
import * as z from "zod";
import { Secret } from "../../credentials/secret.js";
import { type AddClientAuthentication, authenticationOf, authenticationOfConfigured } from "./authentication.js";
import { type CheckedClient, checkClients } from "./pre-registered.js";

const issuer = "https://auth.example.com";

/** Authenticates a token request to a server with the given metadata, and returns what was added to the request. */
async function added(authenticate: AddClientAuthentication, offered: Record<string, string[]> = {}) {
  const [headers, body] = [new Headers(), new URLSearchParams()];
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    response_types_supported: ["code"],
    ...offered,
  };
  await authenticate(headers, body, metadata.token_endpoint, metadata);
  const basic = /^Basic (.*)$/.exec(headers.get("authorization") ?? "")?.[1];
  return {
    ...(basic === undefined ? {} : { basic: Buffer.from(basic, "base64").toString() }),
    body: Object.fromEntries(body),
  };
}

const methods = (...supported: string[]) => ({ token_endpoint_auth_methods_supported: supported });

test.each([
  ["plain-id", "plain-secret", "plain-id:plain-secret"],
  ["plain-id", "QUJD/+==", "plain-id:QUJD/%2B=="],
  ["a:b", "c:d% é", "a%3Ab:c%3Ad%25%20%C3%A9"],
])("the pair %j and %j is encoded so that every server reads it the same way", async (client_id, secret, basic) => {
  const authenticate = authenticationOf({ client_id, client_secret: new Secret(secret) });
  expect(await added(authenticate)).toEqual({ basic, body: {} });
});

test.each<[string, object, string[], object]>([
  ["no secret", {}, ["client_secret_basic"], { client_id: "ours" }],
  [
    "a secret in the body",
    { client_secret: new Secret("s") },
    ["client_secret_post"],
    { client_id: "ours", client_secret: "s" },
  ],
  [
    "the method it was registered with",
    { client_secret: new Secret("s"), token_endpoint_auth_method: "client_secret_post" },
    ["client_secret_basic", "client_secret_post"],
    { client_id: "ours", client_secret: "s" },
  ],
  [
    "a secret it was told not to use",
    { client_secret: new Secret("s"), token_endpoint_auth_method: "none" },
    ["none"],
    { client_id: "ours" },
  ],
])("a client with %s", async (_which, client, offered, body) => {
  expect(await added(authenticationOf({ client_id: "ours", ...client }), methods(...offered))).toEqual({ body });
});

function configured(client: object): CheckedClient {
  const [checked] = checkClients([{ issuer, clientId: "ours", ...client }], "clients");
  if (!checked) throw new Error("There is no client");
  return checked;
}

test("the configured method takes precedence over what the server offers", async () => {
  const client = configured({ clientSecret: "s", tokenEndpointAuthMethod: "client_secret_post" });
  expect(await added(authenticationOfConfigured(client), methods("client_secret_basic"))).toEqual({
    body: { client_id: "ours", client_secret: "s" },
  });
});

const pairs: [string, KeyObject, string[] | undefined][] = [
  ["ES256", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey, undefined],
  ["ES384", generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey, undefined],
  ["ES512", generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey, undefined],
  ["EdDSA", generateKeyPairSync("ed25519").privateKey, undefined],
  ["RS256", generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey, undefined],
  ["RS256", generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey, ["PS256", "RS256"]],
  ["PS256", generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey, ["ES256", "PS256"]],
];
const headerSchema = z.object({ alg: z.string() });
const claimsSchema = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.string(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
});
const decoded = (part = "") => JSON.parse(Buffer.from(part, "base64url").toString());

test.each(pairs)(
  "a key signs an assertion with %s, for this server only and for a minute",
  async (alg, key, offered) => {
    const authenticate = authenticationOfConfigured(
      configured({ privateKey: String(key.export({ format: "pem", type: "pkcs8" })) }),
    );
    const ask = () => added(authenticate, offered ? { token_endpoint_auth_signing_alg_values_supported: offered } : {});
    const [{ body, ...headers }, again] = [await ask(), await ask()];
    expect(headers).toEqual({});
    expect(body).toEqual({
      client_id: "ours",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    });
    const [header, payload, signature = ""] = body.client_assertion?.split(".") ?? [];
    expect(headerSchema.parse(decoded(header)).alg).toBe(alg);
    const claims = claimsSchema.parse(decoded(payload));
    expect(claims).toMatchObject({ iss: "ours", sub: "ours", aud: issuer });
    expect(claims.exp - claims.iat).toBe(60);
    expect(again.body.client_assertion).not.toBe(body.client_assertion);
    if (alg === "ES256") {
      const publicKey = { key: createPublicKey(key), dsaEncoding: "ieee-p1363" as const };
      const [data, bytes] = [Buffer.from(`${header}.${payload}`), Buffer.from(signature, "base64url")];
      expect(verify("sha256", data, publicKey, bytes)).toBe(true);
    }
  },
);
