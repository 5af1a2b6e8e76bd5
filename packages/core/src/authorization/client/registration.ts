import { RegistrationRejectedError, registerClient } from "@modelcontextprotocol/client";
import * as z from "zod";
import { clientSchema } from "../../credentials/credentials.js";
import { AuthorizationFailedError } from "../../errors.js";
import type { Fetch } from "../../outbound/guarded-fetch.js";
import { shownHost } from "../../outbound/shown-host.js";
import { parseJson } from "../../parse-json.js";
import { boundedFetch, maxAnswerBytes } from "../discovery/bounded-fetch.js";
import type { DiscoveredServer } from "../discovery/discovery.js";
import { applicationTypeOf } from "./document.js";
import { keptRegistration } from "./kept-registration.js";

/** How long (s) a registration is kept, unless the authorization server sets an earlier expiry for the client secret. */
const registrationTtlSeconds = 30 * 24 * 3_600;

/** How long (ms) a registration may take. */
export const registrationTimeoutMs = 10_000;

/**
 * VSCHAR (RFC 6749 §A.1, §A.2). A value that cannot be sent would fail every sign-in while the registration is kept.
 */
const printable = z.string().regex(/^[\x20-\x7e]+$/);

/** A valid answer to a registration: our client, with the redirect URL that we asked for (RFC 7591 §3.2.1). */
const answerSchema = (redirectUrl: string) =>
  z.looseObject({
    client_id: printable.max(2_048),
    client_secret: printable.max(4_096).optional(),
    redirect_uris: z.array(z.string()).refine((uris) => uris.includes(redirectUrl)),
  });

/** A client that we registered ourselves, as it is stored. */
export const registrationSchema = clientSchema.extend({
  client_secret_expires_at: z.number().optional(),
  /** The scope that the server says it registered (RFC 7591 §3.2.1). */
  scope: z.string().optional(),
  /** The scope that we asked for. Asking for it again would not get more. */
  askedScope: z.string().optional(),
  /** The scope that we wanted when we registered, if the server accepted us only without it. */
  wantedScope: z.string().optional(),
  /** The redirect URL that it is registered for. Those that we stored earlier have whatever the server answered. */
  redirect_uris: z.array(z.string()).optional().catch(undefined),
  /** The next sign-in registers again, and replaces this client if that works. */
  suspected: z.boolean().optional(),
});

export type Registration = z.infer<typeof registrationSchema>;

/** What to register: where sign-ins come back to, and the scope, if the client is to be bound to one. */
export interface Wanted {
  redirectUrl: string;
  scope: string | undefined;
  /** Whether a client without that scope would be of no use. */
  isExact?: boolean;
}

/**
 * Registers a client (RFC 7591 §3.1). A server that does not accept the scope is asked again without one, unless it is
 * to be exactly that: then it chooses (§2). Throws for a refusal, for an answer that cannot be used, and for a client
 * that is ours elsewhere.
 */
export async function register(
  app: { fetch: Fetch; clientName: string; isReserved?: (clientId: string) => boolean },
  server: Pick<DiscoveredServer, "issuer" | "authorizationServerUrl" | "authorizationServerMetadata">,
  { redirectUrl, scope, isExact = false }: Wanted,
): Promise<Registration> {
  const fetchFn = boundedFetch(app.fetch, { ms: registrationTimeoutMs, bytes: maxAnswerBytes });
  const metadata = server.authorizationServerMetadata;
  const ask = async (asked: string | undefined) => {
    const answer = await registerClient(server.authorizationServerUrl, {
      ...(metadata ? { metadata } : {}),
      ...(asked ? { scope: asked } : {}),
      fetchFn,
      clientMetadata: {
        client_name: app.clientName,
        redirect_uris: [redirectUrl],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: chooseAuthMethod(metadata?.token_endpoint_auth_methods_supported),
        application_type: applicationTypeOf(redirectUrl),
      },
    });
    const registered = answerSchema(redirectUrl).parse(answer);
    // Sign-ins there would bring codes for that client, which belong to another authorization server (RFC 9700 §4.4).
    if (app.isReserved?.(registered.client_id)) throw reservedClient(server.issuer);
    const own = {
      ...(asked ? { askedScope: asked } : {}),
      ...(scope && scope !== asked ? { wantedScope: scope } : {}),
      redirect_uris: [redirectUrl],
    };
    return registrationSchema.parse(keptRegistration(registered, own));
  };
  try {
    return await ask(scope);
  } catch (error) {
    if (scope === undefined || isExact || !mayBeForTheScope(error)) throw error;
    return ask(undefined);
  }
}

const reservedClient = (issuer: string) =>
  new AuthorizationFailedError({
    message: `${shownHost(issuer)} registered this app as a client that it is elsewhere. Nothing was kept`,
    hint: "Do not use this server. If you trust it, contact its provider.",
    operatorHint: "Its registration answered a clientId of authorization.clients, or the address of a client document.",
    retryable: false,
  });

/** A public client if PKCE alone is enough for the server. RFC 8414's default is `client_secret_basic`. */
function chooseAuthMethod(supported: readonly string[] = ["client_secret_basic"]): string {
  return ["none", "client_secret_basic", "client_secret_post"].find((method) => supported.includes(method)) ?? "none";
}

/**
 * Lifetime in whole seconds. `client_secret_expires_at` is 0 when the secret does not expire (RFC 7591 §3.2.1). A
 * server may send any number, and Redis refuses fractions and numbers that are too large.
 */
export function lifeOf({ client_secret_expires_at: end }: Registration): number {
  if (!end) return registrationTtlSeconds;
  return Math.min(registrationTtlSeconds, Math.max(1, Math.floor(end - Date.now() / 1_000)));
}

const refusesRedirectUrl = (error: RegistrationRejectedError) =>
  z.looseObject({ error: z.literal("invalid_redirect_uri") }).safeParse(parseJson(error.body)).success;

/** A server that is busy or broken would only be asked twice. */
const mayBeForTheScope = (error: unknown) =>
  error instanceof RegistrationRejectedError && [400, 403].includes(error.status) && !refusesRedirectUrl(error);

/** What an authorization server did instead of registering us (RFC 7591 §3.2.2). Its own text is left out. */
export function refusalIn(error: unknown): string {
  if (!(error instanceof RegistrationRejectedError)) return "could not register this app";
  return refusesRedirectUrl(error) ? "does not accept this app's redirect URL" : "refused to register this app";
}
