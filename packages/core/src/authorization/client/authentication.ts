import type { KeyObject } from "node:crypto";
import {
  createPrivateKeyJwtAuth,
  type exchangeAuthorization,
  selectClientAuthMethod,
} from "@modelcontextprotocol/client";
import * as z from "zod";
import { type RegisteredClient, revealClient } from "../../credentials/credentials.js";
import type { CheckedClient } from "./pre-registered.js";

/** Adds client authentication to a request (RFC 6749 §2.3). */
export type AddClientAuthentication = NonNullable<
  Parameters<typeof exchangeAuthorization>[1]["addClientAuthentication"]
>;

const offeredSchema = z.looseObject({
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  token_endpoint_auth_signing_alg_values_supported: z.array(z.string()).optional(),
});

/** Authenticates a client with the method from its registration, or else one that the server supports. */
export function authenticationOf(client: RegisteredClient): AddClientAuthentication {
  const information = revealClient(client);
  return (headers, body, _endpoint, metadata) => {
    const method = selectClientAuthMethod(information, offeredBy(metadata).methods);
    authenticate({ method, id: information.client_id, secret: information.client_secret }, { headers, body });
  };
}

/** Authenticates a client that the operator registered by hand, with the secret or key in the current configuration. */
export function authenticationOfConfigured(client: CheckedClient): AddClientAuthentication {
  const { clientId: id, clientSecret, privateKey, tokenEndpointAuthMethod: configured } = client;
  return async (headers, body, endpoint, metadata) => {
    const offered = offeredBy(metadata);
    if (privateKey) {
      body.set("client_id", id);
      const sign = createPrivateKeyJwtAuth({
        issuer: id,
        subject: id,
        privateKey: privateKey.export({ format: "jwk" }),
        alg: algorithmFor(privateKey, offered.algorithms),
        lifetimeSeconds: assertionLifeSeconds,
      });
      return sign(headers, body, endpoint, metadata);
    }
    const secret = clientSecret?.reveal();
    const information = { client_id: id, ...(secret === undefined ? {} : { client_secret: secret }) };
    const method = configured ?? selectClientAuthMethod(information, offered.methods);
    authenticate({ method, id, secret }, { headers, body });
  };
}

/** How long (s) a signed assertion (RFC 7523) is valid. It is made for a single request. */
const assertionLifeSeconds = 60;

function authenticate(
  { method, id, secret }: { method: string; id: string; secret: string | undefined },
  { headers, body }: { headers: Headers; body: URLSearchParams },
): void {
  if (method === "client_secret_basic" && secret !== undefined) {
    const pair = [id, secret].map(encodeForBasic).join(":");
    headers.set("authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
    return;
  }
  body.set("client_id", id);
  if (secret !== undefined && method !== "none") body.set("client_secret", secret);
}

/**
 * RFC 6749 §2.3.1 says to encode both before joining them. Some servers never decode, so we encode only what a decoder
 * would misread. The `=` and `/` of a base64 secret then reach every server unchanged.
 */
const encodeForBasic = (text: string) => text.replace(/[%+:\s]|[^\x20-\x7e]/gu, encodeURIComponent);

function offeredBy(metadata: unknown): { methods: string[]; algorithms: string[] } {
  const offered = offeredSchema.safeParse(metadata ?? {}).data;
  return {
    methods: offered?.token_endpoint_auth_methods_supported ?? [],
    algorithms: offered?.token_endpoint_auth_signing_alg_values_supported ?? [],
  };
}

const curveAlgorithms: ReadonlyMap<unknown, string> = new Map([
  ["prime256v1", "ES256"],
  ["secp384r1", "ES384"],
  ["secp521r1", "ES512"],
]);

/**
 * The signing algorithm for a key (RFC 7518 §3.1). For an RSA key, the first of RS256 and PS256 that the server
 * supports.
 */
function algorithmFor({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, offered: readonly string[]): string {
  if (asymmetricKeyType === "ed25519") return "EdDSA";
  if (asymmetricKeyType === "ec") return curveAlgorithms.get(asymmetricKeyDetails?.namedCurve) ?? "ES256";
  return ["RS256", "PS256"].find((algorithm) => offered.includes(algorithm)) ?? "RS256";
}
