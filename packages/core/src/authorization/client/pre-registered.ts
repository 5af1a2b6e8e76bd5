import { createPrivateKey, type KeyObject } from "node:crypto";
import * as z from "zod";
import { Secret } from "../../credentials/secret.js";
import { ConfigurationError } from "../../errors.js";
import { authMethods, grants, type PreRegisteredClient } from "./pre-registered-client.js";

const text = z.string().refine((value) => value !== "");

const schema = z.strictObject({
  serverOrigin: text.refine(isOrigin).optional(),
  issuer: text.refine(isIssuer).optional(),
  clientId: text,
  clientSecret: text.transform((secret) => new Secret(secret)).optional(),
  privateKey: text.transform(readPrivateKey).optional(),
  tokenEndpointAuthMethod: z.enum(authMethods).optional(),
  grant: z.enum(grants).default("authorization_code"),
  scope: text.optional(),
});

/** A client after the check, with its secret and key wrapped so that they are never printed. */
export type CheckedClient = z.output<typeof schema>;

const hints: ReadonlyMap<unknown, string> = new Map<keyof CheckedClient, string>([
  ["serverOrigin", "Write the MCP server's origin, such as https://mcp.example.com."],
  ["issuer", "Write it as the authorization server's metadata spells it, such as https://auth.example.com."],
  ["clientId", "Write the client_id that the authorization server knows."],
  ["privateKey", "Give it in PEM, without a passphrase: RSA, EC (P-256, P-384, P-521) or Ed25519."],
  ["tokenEndpointAuthMethod", `Write one of ${authMethods.join(", ")}.`],
  ["grant", `Write one of ${grants.join(", ")}.`],
]);

/** What must hold between the fields, and the problem and hint if it does not. */
const rules: readonly [holds: (client: CheckedClient) => boolean, problem: string, hint: string][] = [
  [
    ({ serverOrigin, issuer }) => Boolean(serverOrigin ?? issuer),
    "names neither a serverOrigin nor an issuer",
    "Name the MCP server, the authorization server, or both.",
  ],
  [
    ({ clientSecret, privateKey }) => !(clientSecret && privateKey),
    "has a clientSecret and a privateKey",
    "Give the one that the authorization server asks for.",
  ],
  [
    ({ clientSecret, privateKey, issuer }) => Boolean(issuer) || !(clientSecret ?? privateKey),
    "has a secret or key, but no issuer",
    "Name the issuer: an MCP server could else have them sent to any authorization server.",
  ],
  [
    ({ tokenEndpointAuthMethod: method, clientSecret, privateKey }) =>
      method === undefined ||
      (method === "private_key_jwt" && privateKey !== undefined) ||
      (method === "none" && !(clientSecret ?? privateKey)) ||
      (method.startsWith("client_secret_") && clientSecret !== undefined),
    "has a tokenEndpointAuthMethod that does not fit its clientSecret or privateKey",
    "client_secret_basic and client_secret_post need a clientSecret, private_key_jwt needs a privateKey, none has neither.",
  ],
  [
    ({ grant, serverOrigin }) => grant !== "client_credentials" || serverOrigin !== undefined,
    "has the grant client_credentials, but no serverOrigin",
    "Name the MCP server: the app's own token must not go to every server that names this issuer.",
  ],
  [
    ({ grant, clientSecret, privateKey }) => grant !== "client_credentials" || Boolean(clientSecret ?? privateKey),
    "has the grant client_credentials, but neither a clientSecret nor a privateKey",
    "Give the one that the authorization server asks for.",
  ],
];

/**
 * Checks the clients configured under the name `option`. Throws a {@link ConfigurationError} that names the field but
 * never contains a value, which may be a secret in the wrong place.
 */
export function checkClients(value: unknown, option: string): CheckedClient[] {
  if (!Array.isArray(value))
    throw new ConfigurationError(`${option} is not a list`, "Give a list of clients, or leave it out.");
  const clients = value.map((client: unknown, index) => checkClient(client, `${option}[${index}]`));
  for (const [index, client] of clients.entries()) {
    const earlier = clients.slice(0, index);
    const sameServer = ({ serverOrigin, issuer }: CheckedClient) =>
      serverOrigin === client.serverOrigin && issuer === client.issuer;
    if (earlier.some(sameServer)) {
      throw new ConfigurationError(
        `${option}[${index}] is for the same server as one before it`,
        "Keep the one that is right.",
      );
    }
    const otherGrant = ({ serverOrigin, grant }: CheckedClient) =>
      serverOrigin !== undefined && serverOrigin === client.serverOrigin && grant !== client.grant;
    if (earlier.some(otherGrant)) {
      throw new ConfigurationError(
        `${option}[${index}] has another grant than one before it for the same serverOrigin`,
        "Either each user signs in to a server, or the app itself.",
      );
    }
    const sameName = ({ clientId, issuer }: CheckedClient) => clientId === client.clientId && issuer === client.issuer;
    if (earlier.some((other) => sameName(other) && !authenticatesLike(other, client))) {
      throw new ConfigurationError(
        `${option}[${index}] has the clientId of one before it, but another secret or key`,
        "One client has one secret, key and tokenEndpointAuthMethod: write the same in both places.",
      );
    }
  }
  return clients;
}

/** Like {@link checkClients}, for callers that keep the clients as they are. */
export function assertClients(value: unknown, option: string): asserts value is PreRegisteredClient[] {
  checkClients(value, option);
}

function checkClient(value: unknown, name: string): CheckedClient {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path[0];
    if (field !== undefined) {
      throw new ConfigurationError(
        `${name}.${String(field)} cannot be used`,
        hints.get(field) ?? "Write it as text, or leave it out.",
      );
    }
    throw new ConfigurationError(
      `${name} is not a client`,
      `Give an object with these fields alone: ${Object.keys(schema.shape).join(", ")}.`,
    );
  }
  for (const [holds, problem, hint] of rules)
    if (!holds(parsed.data)) throw new ConfigurationError(`${name} ${problem}`, hint);
  return parsed.data;
}

function authenticatesLike(one: CheckedClient, other: CheckedClient): boolean {
  const sameKey = one.privateKey ? Boolean(other.privateKey?.equals(one.privateKey)) : !other.privateKey;
  return (
    sameKey &&
    one.clientSecret?.reveal() === other.clientSecret?.reveal() &&
    one.tokenEndpointAuthMethod === other.tokenEndpointAuthMethod
  );
}

function isOrigin(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.origin === value;
}

/** An issuer has no query and no fragment (RFC 8414 §2). http is allowed for development. */
function isIssuer(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && !/[?#]/.test(value);
}

const curves: readonly unknown[] = ["prime256v1", "secp384r1", "secp521r1"];

function readPrivateKey(pem: string, context: z.RefinementCtx): KeyObject {
  try {
    const key = createPrivateKey(pem);
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
    if (type === "rsa" || type === "ed25519" || (type === "ec" && curves.includes(details?.namedCurve))) return key;
  } catch {
    // OpenSSL's own message is of no use here.
  }
  context.addIssue({ code: "custom", message: "not a private key" });
  return z.NEVER;
}
