import { createHash } from "node:crypto";
import { registerClient, resolveClientMetadata } from "@modelcontextprotocol/client";
import { z } from "zod";
import type { RegisteredClient } from "../credentials/credentials.js";
import { type Fetch, withDeadline } from "../outbound/guarded-fetch.js";
import { singleFlight } from "../process-wide.js";
import { registrationKey } from "../redis/keys.js";
import type { ValueStore } from "../values/value-store.js";
import { asAuthorizationFailure } from "./authorization-failure.js";
import type { DiscoveredServer } from "./discovery.js";

/** How long (s) a registration is kept when the authorization server sets no end to the client secret. */
const registrationTtl = 30 * 24 * 3_600;

/** How long (ms) a registration may take. */
const registrationTimeout = 10_000;

const registrationSchema = z.looseObject({
  client_id: z.string(),
  client_secret_expires_at: z.number().optional(),
});

export interface RegistrationDeps {
  values: ValueStore;
  fetch: Fetch;
  clientName: string;
  redirectUrl: string;
}

/**
 * Our client at an authorization server: the registration that all users share, or a new one (RFC 7591). Callers in
 * this process that need the same one wait for a single request.
 *
 * Throws an `AuthorizationFailedError` that tells the operator the redirect URL to register by hand.
 */
export function registeredClient(
  server: DiscoveredServer,
  scope: string | undefined,
  deps: RegistrationDeps,
): Promise<RegisteredClient> {
  const { values, fetch, clientName, redirectUrl } = deps;
  const hash = createHash("sha256").update(`${server.issuer}\n${redirectUrl}`).digest("hex");
  return singleFlight("registration", hash, async () => {
    const known = await values.get(registrationKey(hash));
    if (known) return registrationSchema.parse(JSON.parse(known));
    try {
      const metadata = server.authorizationServerMetadata;
      const client = registrationSchema.parse(
        await registerClient(server.authorizationServerUrl, {
          ...(metadata ? { metadata } : {}),
          ...(scope ? { scope } : {}),
          fetchFn: withDeadline(fetch, registrationTimeout),
          clientMetadata: resolveClientMetadata({
            redirectUrl,
            clientMetadata: {
              client_name: clientName,
              redirect_uris: [redirectUrl],
              grant_types: ["authorization_code", "refresh_token"],
              response_types: ["code"],
              token_endpoint_auth_method: chooseAuthMethod(metadata?.token_endpoint_auth_methods_supported),
            },
          }),
        }),
      );
      await values.set(registrationKey(hash), JSON.stringify(client), lifeOf(client));
      return client;
    } catch (error) {
      throw asAuthorizationFailure(error, {
        message: `${new URL(server.issuer).host} did not register this app`,
        hint: `Its operator has to register a client with the redirect URL ${redirectUrl}.`,
      });
    }
  });
}

/** A public client where PKCE alone is enough for the server; RFC 8414's default is `client_secret_basic`. */
function chooseAuthMethod(supported: readonly string[] = ["client_secret_basic"]): string {
  return ["none", "client_secret_basic", "client_secret_post"].find((method) => supported.includes(method)) ?? "none";
}

/** Seconds; `client_secret_expires_at` is 0 when the secret does not expire (RFC 7591 §3.2.1). */
function lifeOf({ client_secret_expires_at: end }: { client_secret_expires_at?: number | undefined }): number {
  return end ? Math.max(1, end - Math.floor(Date.now() / 1_000)) : registrationTtl;
}
