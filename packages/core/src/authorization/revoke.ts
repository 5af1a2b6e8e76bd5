import { selectClientAuthMethod } from "@modelcontextprotocol/client";
import { z } from "zod";
import { revealClient, type SignIn } from "../credentials/credentials.js";
import { type Fetch, withDeadline } from "../outbound/guarded-fetch.js";
import { span } from "../telemetry.js";

/** How long (ms) an authorization server may take to take tokens back. */
const revocationTimeout = 5_000;

/** Where and how to revoke (RFC 8414). */
const metadataSchema = z.looseObject({
  revocation_endpoint: z.url({ protocol: /^https?$/ }),
  revocation_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
});

/**
 * Asks the authorization server to take tokens back (RFC 7009), where it offers that: the refresh token, and with it what
 * came from it; the access token where there is none. Best effort: it never throws, and answers whether the server agreed.
 */
export async function revokeTokens(fetch: Fetch, { tokens, client, authorizationServer }: SignIn): Promise<boolean> {
  const metadata = metadataSchema.safeParse(authorizationServer.metadata);
  if (!metadata.success) return false;
  const { revocation_endpoint: endpoint } = metadata.data;
  const [token, hint] = tokens.refreshToken
    ? [tokens.refreshToken, "refresh_token"]
    : [tokens.accessToken, "access_token"];
  const body = new URLSearchParams({ token: token.reveal(), token_type_hint: hint });
  const headers = new Headers({ "content-type": "application/x-www-form-urlencoded" });
  authenticate(revealClient(client), metadata.data, { body, headers });
  try {
    return await span("mcp.revoke", { "server.address": new URL(endpoint).host }, async () => {
      const response = await withDeadline(fetch, revocationTimeout)(endpoint, { method: "POST", headers, body });
      await response.body?.cancel();
      return response.ok;
    });
  } catch {
    return false;
  }
}

/** As at the token endpoint (RFC 7009 §2.1, RFC 6749 §2.3). */
function authenticate(
  client: { client_id: string; client_secret?: string },
  metadata: z.infer<typeof metadataSchema>,
  { body, headers }: { body: URLSearchParams; headers: Headers },
): void {
  const supported =
    metadata.revocation_endpoint_auth_methods_supported ?? metadata.token_endpoint_auth_methods_supported ?? [];
  const { client_id: id, client_secret: secret } = client;
  if (secret !== undefined && selectClientAuthMethod(client, [...supported]) === "client_secret_basic") {
    const pair = [id, secret].map((part) => encodeURIComponent(part)).join(":");
    headers.set("authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
    return;
  }
  body.set("client_id", id);
  if (secret !== undefined) body.set("client_secret", secret);
}
