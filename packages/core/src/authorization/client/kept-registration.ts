import * as z from "zod";
import { AuthorizationFailedError } from "../../errors.js";

/** The largest registration (bytes of JSON) that is kept. It goes into every attempt and sign-in with this client. */
export const maxRegistrationBytes = 6_144;

/** What we use of the answer to a registration (RFC 7591 §3.2.1). A server may send 64 KiB with it. */
const usedSchema = z.object({
  client_id: z.unknown(),
  client_secret: z.unknown(),
  client_secret_expires_at: z.unknown(),
  registration_access_token: z.unknown(),
  token_endpoint_auth_method: z.unknown(),
  scope: z.unknown(),
});

/**
 * The members of a registration that are kept, with those that we add. Of the scopes, only what we asked for is kept, if
 * we did. Throws an {@link AuthorizationFailedError} if it is too large.
 */
export function keptRegistration(
  answer: Readonly<Record<string, unknown>>,
  own: { askedScope?: string },
): Record<string, unknown> {
  const used = { ...usedSchema.partial().parse(answer), ...own };
  if (own.askedScope !== undefined) delete used.scope;
  if (Buffer.byteLength(JSON.stringify(used)) <= maxRegistrationBytes) return used;
  throw new AuthorizationFailedError({
    message: "The server's sign-in service gave this app a registration that is too large",
    hint: "Contact the server's provider.",
    operatorHint: `A registration may have ${maxRegistrationBytes} bytes, with its client_id, client_secret and scope.`,
    retryable: false,
  });
}
