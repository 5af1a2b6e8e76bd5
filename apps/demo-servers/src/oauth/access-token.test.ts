import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, test } from "vitest";
import { createAccessTokenVerifier } from "./access-token.js";

const ISSUER = "http://127.0.0.1:3002";
const AUDIENCE = "http://127.0.0.1:3001/mcp";

const ours = await generateKeyPair("ES256");
const theirs = await generateKeyPair("ES256");
const nowS = Math.floor(Date.now() / 1000);

const verify = createAccessTokenVerifier({
  issuer: ISSUER,
  audience: AUDIENCE,
  keys: { keys: [{ ...(await exportJWK(ours.publicKey)), alg: "ES256", kid: "demo" }] },
  isGrantActive: async (grantId) => grantId === "active",
});

interface Changes {
  claims?: Record<string, unknown>;
  key?: typeof ours.privateKey;
  typ?: string;
}

function sign({ claims = {}, key = ours.privateKey, typ = "at+jwt" }: Changes = {}): Promise<string> {
  return new SignJWT({
    iss: ISSUER,
    aud: AUDIENCE,
    sub: "ada",
    client_id: "client",
    scope: "notes:read",
    grant_id: "active",
    exp: nowS + 60,
    ...claims,
  })
    .setProtectedHeader({ alg: "ES256", kid: "demo", typ })
    .sign(key);
}

test("reads the subject, the client and the scopes from a valid token", async () => {
  expect(await verify(await sign())).toEqual({ subject: "ada", clientId: "client", scopes: ["notes:read"] });
});

test("a client that acts for itself needs no user's consent", async () => {
  const claims = { sub: "client", grant_id: undefined };
  expect(await verify(await sign({ claims }))).toMatchObject({ subject: "client", clientId: "client" });
});

test.each<[string, Changes]>([
  ["a user's token without their consent", { claims: { grant_id: undefined } }],
  ["another audience", { claims: { aud: "http://127.0.0.1:3001/other" } }],
  ["another issuer", { claims: { iss: `${ISSUER}/` } }],
  ["an expired token", { claims: { exp: nowS - 1 } }],
  ["a token without an expiry", { claims: { exp: undefined } }],
  ["a revoked grant", { claims: { grant_id: "revoked" } }],
  ["a token without a subject", { claims: { sub: undefined } }],
  ["another key", { key: theirs.privateKey }],
  ["another kind of token", { typ: "JWT" }],
])("refuses %s", async (_case, changes) => {
  expect(await verify(await sign(changes))).toBeUndefined();
});

test("refuses a token that is not a JWT", async () => {
  expect(await verify("opaque")).toBeUndefined();
});
