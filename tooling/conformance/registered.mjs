// The clients that the referee has registered for a scenario, as an operator would configure them. The referee tells
// the client process; the app's other processes read them from a file for each user.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The URL that the referee expects for our Client ID Metadata Document. It never fetches it. */
export const metadataUrl = "https://conformance-test.local/client-metadata.json";

const { CONFORMANCE_CLIENTS_FOLDER: folder = "" } = process.env;
const fileOf = (user) => join(folder, `${user}.json`);

/** The clients of a user's app; empty if none were written. */
export function clientsOf(user) {
  try {
    return JSON.parse(readFileSync(fileOf(user), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}

/**
 * Writes the client that a scenario's context names to the user's file, before the user's app is opened. The document is
 * hosted elsewhere and lists a redirect URL that issuers share, so the operator names the issuer that it is for.
 */
export async function registerByHand(user, { scenario, context, serverUrl }) {
  const document = scenario === "auth/basic-cimd" ? metadataUrl : undefined;
  const { client_id: clientId = document, client_secret: clientSecret, private_key_pem: privateKey } = context;
  // Other scenarios have other contexts, for features that this app does not offer.
  const isOurs = document || scenario === "auth/pre-registration" || scenario.startsWith("auth/client-credentials-");
  if (!isOurs || !clientId) return;
  const client = {
    serverOrigin: new URL(serverUrl).origin,
    issuer: context.issuer ?? (await issuerOf(serverUrl)),
    clientId,
    ...(clientSecret ? { clientSecret } : {}),
    ...(privateKey ? { privateKey } : {}),
    ...(scenario.startsWith("auth/client-credentials-") ? { grant: "client_credentials" } : {}),
  };
  writeFileSync(fileOf(user), JSON.stringify([client]));
}

/** Looks up the issuer, as an operator would when the context leaves it out. */
async function issuerOf(serverUrl) {
  const { status, headers } = await fetch(serverUrl, { method: "POST" });
  const [, address] = /resource_metadata="([^"]+)"/.exec(headers.get("www-authenticate") ?? "") ?? [];
  if (!address) throw new Error(`the server answered with ${status} and named no metadata`);
  const { authorization_servers: issuers } = JSON.parse(await (await fetch(address)).text());
  return issuers[0];
}
