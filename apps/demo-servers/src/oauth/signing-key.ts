import { exportJWK, generateKeyPair, type JWK } from "jose";
import * as z from "zod";

export const signingKeySchema = z.object({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  alg: z.literal("ES256"),
  use: z.literal("sig"),
  kid: z.string(),
});

/** The private key that access tokens are signed with, as a JWK (RFC 7518 §6.2). */
export type SigningKey = z.infer<typeof signingKeySchema>;

export async function generateSigningKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  return signingKeySchema.parse({ ...(await exportJWK(privateKey)), alg: "ES256", use: "sig", kid: "demo" });
}

/** The public part of a signing key: everything except `d`. */
export function publicKeyOf({ d: _secret, ...publicKey }: SigningKey): JWK {
  return publicKey;
}
