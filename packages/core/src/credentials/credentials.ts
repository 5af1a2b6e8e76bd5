import { randomBytes } from "node:crypto";
import { z } from "zod";
import { SessionUnreadableError } from "../errors.js";

const metadata = z.record(z.string(), z.unknown());

/** The authorization server as seen when the user consented: a refresh token goes to no other endpoint. */
const authorizationServerSchema = z.object({
  url: z.string(),
  metadata: metadata.nullable(),
  /** RFC 8707 resource, verbatim from the resource metadata. */
  resource: z.string().nullable(),
});

/** Our client at that authorization server, as registered (RFC 7591). */
const clientSchema = z.looseObject({ client_id: z.string() });
export type RegisteredClient = z.infer<typeof clientSchema>;

const tokensSchema = z.object({
  accessToken: z.string(),
  refreshToken: z.string().nullable(),
  scope: z.string().nullable(),
  issuedAt: z.number(),
  /** ms since the epoch, the store's clock; null when the server did not say. */
  expiresAt: z.number().nullable(),
});
export type Tokens = z.infer<typeof tokensSchema>;

const credentialsSchema = z.object({
  /** Changes with the tokens. */
  tv: z.string(),
  /** Changes with every write. */
  cv: z.string(),
  /** The sign-in that the tokens came from. */
  flow: z.string(),
  tokens: tokensSchema,
  client: clientSchema,
  authorizationServer: authorizationServerSchema,
});

/** What signs a session in. */
export type Credentials = z.infer<typeof credentialsSchema>;

/** A value for `tv` or `cv`. Random, so that two writers never choose the same. */
export const newVersion = () => randomBytes(9).toString("base64url");

/** The stored text, its versions first, so that a script can compare them by looking at the head alone. */
export function encodeCredentials({ tv, cv, flow, ...rest }: Credentials): string {
  return JSON.stringify({ tv, cv, flow, ...rest });
}

/** The text that the stored credentials begin with while nobody has written them again. */
export function credentialsHead({ tv, cv }: Pick<Credentials, "tv" | "cv">): string {
  return `{"tv":"${tv}","cv":"${cv}",`;
}

/** Throws a {@link SessionUnreadableError}; it says nothing of the content. */
export function decodeCredentials(sessionId: string, text: string): Credentials {
  const parsed = credentialsSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new SessionUnreadableError({
    message: `The stored sign-in of ${sessionId} cannot be read by this version`,
    hint: "Remove the connection and add it again, or run the version that wrote it.",
    retryable: false,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
