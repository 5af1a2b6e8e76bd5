import { randomBytes } from "node:crypto";
import * as z from "zod";
import { SessionUnreadableError } from "../errors.js";
import { parseJson } from "../parse-json.js";
import type { SessionRecord } from "../session/session-record.js";
import { authorizationServerSchema, usedAfterSignIn } from "./authorization-server.js";
import type { KeyRing } from "./key-ring.js";
import { openJson, sealedSchema, sealJson } from "./sealed-json.js";
import { revealJson, secretSchema } from "./secret.js";

/** Our client at an authorization server: as registered (RFC 7591), or known by its `client_id` alone. */
export const clientSchema = z.looseObject({
  client_id: z.string(),
  client_secret: secretSchema.optional(),
  registration_access_token: secretSchema.optional(),
  /** Set if the operator registered the client by hand. Its secret or key stays in the configuration. */
  preregistered: z
    .object({ grant: z.enum(["authorization_code", "client_credentials"]), scope: z.string().optional() })
    .optional(),
});
export type RegisteredClient = z.infer<typeof clientSchema>;

/** The client with its secret in clear text, for a request to the authorization server. */
export function revealClient(client: RegisteredClient): { client_id: string; client_secret?: string } {
  return JSON.parse(revealJson(client));
}

const tokensSchema = z.object({
  accessToken: secretSchema,
  refreshToken: secretSchema.nullable(),
  scope: z.string().nullable(),
  issuedAt: z.number(),
  /** ms since the epoch by the store's clock; null if the server did not say. */
  expiresAt: z.number().nullable(),
});
export type Tokens = z.infer<typeof tokensSchema>;

/** What an authorization server gave us, and to which of our clients it did. */
const signInSchema = z.object({
  tokens: tokensSchema,
  client: clientSchema,
  authorizationServer: authorizationServerSchema,
});
export type SignIn = z.infer<typeof signInSchema>;

const credentialsSchema = z.object({
  /** Changes with the tokens. */
  tv: z.string(),
  /** Changes with every write. */
  cv: z.string(),
  /** Identifies the sign-in that the tokens came from. */
  flow: z.string(),
  /** Null if there are only custom headers. */
  signIn: signInSchema.nullable(),
  /** Headers that the user wants every request to the server to carry, by name. */
  headers: z.record(z.string(), secretSchema),
});

/** What a session authenticates with at its server. */
export type Credentials = z.infer<typeof credentialsSchema>;

/** Credentials with a sign-in. */
export type SignedIn = Credentials & { signIn: SignIn };

export const isSignedIn = (credentials: Credentials | undefined): credentials is SignedIn =>
  credentials !== undefined && credentials.signIn !== null;

/** Whether the app signed in as itself (`client_credentials`), and not a user. */
export const isAppSignIn = ({ client }: Pick<SignIn, "client">): boolean =>
  client.preregistered?.grant === "client_credentials";

/** A new value for `tv` or `cv`. Random, so that two writers never choose the same one. */
export const newVersion = () => randomBytes(9).toString("base64url");

/** The owner of credentials. A seal is bound to it: it cannot be moved to another session, user or server. */
export type Owner = Pick<SessionRecord, "sessionId" | "userId" | "serverUrl">;

const placeOf = ({ sessionId, userId, serverUrl }: Owner) => ["credentials", sessionId, userId, serverUrl];

const storedSchema = credentialsSchema.pick({ tv: true, cv: true, flow: true }).extend(sealedSchema.shape);

/**
 * The stored text. The versions come first, so that a script can compare them by the head alone; the rest is sealed.
 */
export function encodeCredentials({ tv, cv, flow, signIn, headers }: Credentials, owner: Owner, ring: KeyRing): string {
  const kept = { signIn: signIn && withUsedMetadata(signIn), headers };
  return JSON.stringify({ tv, cv, flow, ...sealJson(ring, kept, placeOf(owner)) });
}

function withUsedMetadata({ authorizationServer, ...signIn }: SignIn): SignIn {
  const { metadata } = authorizationServer;
  const used = metadata && usedAfterSignIn(metadata);
  return { ...signIn, authorizationServer: { ...authorizationServer, metadata: used } };
}

/** What the stored text begins with until the credentials are written again. */
export function credentialsHead({ tv, cv }: Pick<Credentials, "tv" | "cv">): string {
  return `{"tv":"${tv}","cv":"${cv}",`;
}

/** What the stored text begins with until other tokens are written. */
export function tokensHead({ tv }: Pick<Credentials, "tv">): string {
  return `{"tv":"${tv}",`;
}

/** The sign-in that stored credentials came from, which is in clear text. Throws a {@link SessionUnreadableError}. */
export function flowOf(text: string, owner: Owner): string {
  return parseStored(text, owner).flow;
}

/** `outdated`: not sealed with the first key. Throws a {@link SessionUnreadableError}. */
export function decodeCredentials(text: string, owner: Owner, ring: KeyRing) {
  const stored = parseStored(text, owner);
  const opened = z.looseObject({}).safeParse(openJson(ring, stored, placeOf(owner)));
  const { tv, cv, flow } = stored;
  const parsed = credentialsSchema.safeParse({ ...opened.data, tv, cv, flow });
  if (!parsed.success) throw new SessionUnreadableError("sign-in", owner.sessionId);
  return { credentials: parsed.data, outdated: ring.isOutdated(stored) };
}

/** Refuses a text whose head differs from ours. It could be read but never replaced, and a writer would try forever. */
function parseStored(text: string, { sessionId }: Owner) {
  const stored = storedSchema.safeParse(parseJson(text));
  if (stored.success && text.startsWith(credentialsHead(stored.data))) return stored.data;
  throw new SessionUnreadableError("sign-in", sessionId);
}
