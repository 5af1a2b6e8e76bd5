import { type Answer, answerConsentPage, type OauthServer } from "@mcp-assistant/demo-servers/oauth";
import { createMcp } from "../../create-mcp.js";
import { CredentialStore } from "../../credentials/credential-store.js";
import { isSignedIn, newVersion } from "../../credentials/credentials.js";
import type { Mcp } from "../../mcp.js";
import type { McpOptions } from "../../options/options.js";
import { noRateLimits, someUser, withTokens } from "../../samples.fixture.js";
import { openStorage, type Storage } from "../../storage/storage.js";
import type { Callback } from "./sign-in.js";

/** An MCP server that asks for a sign-in: its URL, and the hosts that an app must be allowed to dial for it. */
type SignInServer = Pick<OauthServer, "url" | "hosts">;

/**
 * An app that may dial a demo server. Nothing listens at the app's own address: redirects to it are read, not followed.
 */
export const appFor = (server: Pick<SignInServer, "hosts">, options: Partial<McpOptions> = {}): Mcp =>
  createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:9",
    outbound: { allowHosts: server.hosts },
    logger: null,
    ...options,
    limits: { ...noRateLimits, ...options.limits },
  });

/** A sign-in whose consent page is open in a browser. */
export interface OpenSignIn {
  userId: string;
  sessionId: string;
  /** The authorization server's page. */
  url: string;
  attemptId: string;
  nonce: string;
}

/** Opens the sign-in page of a session. */
export async function start(mcp: Mcp, session: { userId: string; sessionId: string }): Promise<OpenSignIn> {
  const started = await mcp.forUser(session.userId).authorization.start(session.sessionId);
  if (started.kind !== "redirect") throw new Error(`The session is ${started.state}`);
  return { ...session, ...started };
}

/** A user's first click on a server that asks for a sign-in. */
export async function openSignIn(
  mcp: Mcp,
  server: Pick<SignInServer, "url">,
  userId = someUser(),
): Promise<OpenSignIn> {
  const { sessionId, state } = await mcp.forUser(userId).connect({ serverUrl: server.url });
  if (state !== "AUTHENTICATING") throw new Error(`The session is ${state}`);
  return start(mcp, { userId, sessionId });
}

/** A callback, and the user whose browser brings it. */
export type BroughtCallback = Callback & { userId: string };

/** What the handler says about a redirect that came to it. */
export const cameBack = (back: URL) => ({ params: back.searchParams, cameTo: [`${back.origin}${back.pathname}`] });

/** The redirect that brings the user back, in their own browser. */
export async function callbackOf(
  { url, userId, nonce, attemptId }: OpenSignIn,
  answer?: Answer,
): Promise<BroughtCallback> {
  const back = await answerConsentPage(url, answer);
  return { userId, ...cameBack(back), nonceOf: (attempt) => (attempt === attemptId ? nonce : undefined) };
}

/** Finishes a sign-in as the user whose browser brings the callback. */
export const finish = (mcp: Mcp, { userId, ...callback }: BroughtCallback) =>
  mcp.forUser(userId).authorization.finish(callback);

/** Connects a session and signs the user in. */
export async function signedIn(mcp: Mcp, server: SignInServer): Promise<OpenSignIn> {
  const signIn = await openSignIn(mcp, server);
  await finish(mcp, await callbackOf(signIn));
  const { state, error } = await mcp.forUser(signIn.userId).get(signIn.sessionId);
  if (state !== "CONNECTED") throw new Error(`The session is ${state}: ${error?.message}`);
  return signIn;
}

/** The stored credentials of a session. */
export async function storedCredentials(
  { userId, sessionId }: { userId: string; sessionId: string },
  storage: Storage = openStorage("memory", { sessionTtl: 60, logger: () => undefined }),
) {
  const store = new CredentialStore(storage.driver, { ring: storage.ring, ttl: 60 });
  const owner = (await storage.sessions.read(userId, sessionId))?.record;
  const credentials = owner && (await store.read(owner));
  if (!owner || !isSignedIn(credentials)) throw new Error("There is no sign-in");
  return { store, owner, credentials };
}

/**
 * Makes the tokens of a session look expired to us, or however old they are to look, so that their next use refreshes
 * them.
 */
export async function outdateTokens(
  session: { userId: string; sessionId: string },
  storage?: Storage,
  { issuedAt, expiresAt } = { issuedAt: 0, expiresAt: 1 },
): Promise<void> {
  const { store, owner, credentials } = await storedCredentials(session, storage);
  const outdated = { ...withTokens(credentials, { issuedAt, expiresAt }), cv: newVersion() };
  const done = await store.replace(owner, credentials, outdated);
  if (!done) throw new Error("Another process changed the credentials meanwhile");
}

/** How often the authorization server was asked for tokens. */
export const tokenRequests = (server: OauthServer, grantType: "authorization_code" | "refresh_token") =>
  server.requests().filter((request) => request.grantType === grantType).length;

/** How often the authorization server was asked to revoke tokens. */
export const revocations = (server: OauthServer) =>
  server.requests().filter(({ path }) => path === "/token/revocation").length;
