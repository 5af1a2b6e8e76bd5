import { createPrivateKey, type KeyObject } from "node:crypto";
import { parseUrl } from "@mcp-assistant/protocol";
import * as z from "zod";
import { Secret } from "../../credentials/secret.js";
import { ConfigurationError } from "../../errors.js";
import { authMethods, callbacks, grants, type PreRegisteredClient } from "./pre-registered-client.js";

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
  callback: z.enum(callbacks).default("shared"),
});

/** A client after the check, with its secret and key wrapped so that they are never printed. */
export type CheckedClient = z.output<typeof schema>;

const hints: ReadonlyMap<unknown, string> = new Map<keyof CheckedClient, string>([
  ["serverOrigin", "Write the MCP server's origin, such as https://mcp.example.com."],
  ["issuer", "Write it exactly as in the authorization server's metadata, such as https://auth.example.com."],
  ["clientId", "Write the client_id that you registered with the authorization server."],
  ["privateKey", "Give it in PEM, without a passphrase: RSA, EC (P-256, P-384, P-521) or Ed25519."],
  ["tokenEndpointAuthMethod", `Write one of ${authMethods.join(", ")}.`],
  ["grant", `Write one of ${grants.join(", ")}.`],
  ["callback", `Write one of ${callbacks.join(", ")}.`],
]);

/** What must hold between the fields, and the problem and hint if it does not. */
const rules: readonly [holds: (client: CheckedClient) => boolean, problem: string, hint: string][] = [
  [
    ({ serverOrigin, issuer }) => Boolean(serverOrigin ?? issuer),
    "has neither a serverOrigin nor an issuer",
    "Name the MCP server, the authorization server, or both.",
  ],
  [
    ({ clientSecret, privateKey }) => !(clientSecret && privateKey),
    "has both a clientSecret and a privateKey",
    "Use the one that the authorization server asks for.",
  ],
  [
    ({ clientSecret, privateKey, issuer }) => Boolean(issuer) || !(clientSecret ?? privateKey),
    "has a secret or key, but no issuer",
    "Name the issuer. Otherwise an MCP server could have the secret sent to any authorization server.",
  ],
  [
    ({ tokenEndpointAuthMethod: method, clientSecret, privateKey }) =>
      method === undefined ||
      (method === "private_key_jwt" && privateKey !== undefined) ||
      (method === "none" && !(clientSecret ?? privateKey)) ||
      (method.startsWith("client_secret_") && clientSecret !== undefined),
    "has a tokenEndpointAuthMethod that does not fit its clientSecret or privateKey",
    "client_secret_basic and client_secret_post need a clientSecret, private_key_jwt needs a privateKey, and none needs neither.",
  ],
  [
    ({ grant, serverOrigin }) => grant !== "client_credentials" || serverOrigin !== undefined,
    "has the grant client_credentials, but no serverOrigin",
    "Name the MCP server. The app's own token must not go to every server that uses this issuer.",
  ],
  [
    ({ grant, clientSecret, privateKey }) => grant !== "client_credentials" || Boolean(clientSecret ?? privateKey),
    "has the grant client_credentials, but neither a clientSecret nor a privateKey",
    "Use the one that the authorization server asks for.",
  ],
];

/**
 * Checks the clients configured under the name `option`. Throws a {@link ConfigurationError} that names the field but
 * never contains a value, which may be a secret in the wrong place.
 */
export function checkClients(value: unknown, option: string): CheckedClient[] {
  if (!Array.isArray(value))
    throw new ConfigurationError(`${option} is not a list`, "Use a list of clients, or leave it out.");
  const clients = value.map((client: unknown, index) => checkClient(client, `${option}[${index}]`));
  for (const [index, client] of clients.entries()) {
    const earlier = clients.slice(0, index);
    const sameServer = ({ serverOrigin, issuer }: CheckedClient) =>
      serverOrigin === client.serverOrigin && issuer === client.issuer;
    if (earlier.some(sameServer)) {
      throw new ConfigurationError(
        `${option}[${index}] is for the same server as an earlier entry`,
        "Keep only one of them.",
      );
    }
    const otherGrant = ({ serverOrigin, grant }: CheckedClient) =>
      serverOrigin !== undefined && serverOrigin === client.serverOrigin && grant !== client.grant;
    if (earlier.some(otherGrant)) {
      throw new ConfigurationError(
        `${option}[${index}] has a different grant from an earlier entry with the same serverOrigin`,
        "For each server, either every user signs in or the app itself does.",
      );
    }
    const sameName = ({ clientId, issuer }: CheckedClient) => clientId === client.clientId && issuer === client.issuer;
    if (earlier.some((other) => sameName(other) && !authenticatesLike(other, client))) {
      throw new ConfigurationError(
        `${option}[${index}] has the same clientId as an earlier entry, but a different secret or key`,
        "A client has one secret or key and one tokenEndpointAuthMethod. Write the same in both entries.",
      );
    }
  }
  return clients;
}

/**
 * Whether users of different issuers come back to one address. Then one of these issuers could pass another's code off
 * as its own (RFC 9700 §4.4).
 */
export function shareCallback(clients: readonly CheckedClient[]): boolean {
  const sharing = clients.filter(({ grant, callback }) => grant === "authorization_code" && callback === "shared");
  // Without an issuer, it is whatever issuer the MCP server names.
  return new Set(sharing.map(({ issuer, serverOrigin }) => issuer ?? serverOrigin)).size > 1;
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
        `${name}.${String(field)} is not valid`,
        hints.get(field) ?? "Use a string, or leave it out.",
      );
    }
    throw new ConfigurationError(
      `${name} is not a client`,
      `Use an object with only these fields: ${Object.keys(schema.shape).join(", ")}.`,
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
  const url = parseUrl(value);
  return url !== undefined && /^https?:$/.test(url.protocol) && url.origin === value;
}

/** An issuer has no query and no fragment (RFC 8414 §2). http is allowed for development. */
function isIssuer(value: string): boolean {
  const url = parseUrl(value);
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
  context.addIssue({ code: "custom", message: "Not a private key" });
  return z.NEVER;
}
