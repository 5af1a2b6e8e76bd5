import type { BookkeepingServer } from "@mcp-assistant/testing/servers";
import { Redis } from "ioredis";
import {
  type BroughtCallback,
  cameBack,
  finish,
  type OpenSignIn,
  openSignIn,
} from "../src/authorization/sign-in/sign-in.fixture.js";
import { CredentialStore } from "../src/credentials/credential-store.js";
import type { Mcp } from "../src/mcp.js";
import { encryptionKeys, type OwnSession, ring } from "../src/samples.fixture.js";
import { openStorage } from "../src/storage/storage.js";

/** The redirect that brings the user back from a bookkeeping server. */
export async function callbackAt(
  server: BookkeepingServer,
  { url, userId, nonce }: Pick<OpenSignIn, "url" | "userId" | "nonce">,
  decision?: "allow" | "deny",
): Promise<BroughtCallback> {
  return { userId, ...cameBack(await server.answer(url, decision)), nonceOf: () => nonce };
}

/** A session that has been signed in at a bookkeeping server. */
export async function signedInAt(server: BookkeepingServer, mcp: Mcp): Promise<OpenSignIn> {
  const signIn = await openSignIn(mcp, server);
  await finish(mcp, await callbackAt(server, signIn));
  const { state, error } = await mcp.forUser(signIn.userId).get(signIn.sessionId);
  if (state !== "CONNECTED") throw new Error(`The session is ${state}: ${error?.message}`);
  return signIn;
}

/** Calls the server's tool once, like a process that knows nothing but the session's id. */
export async function callOnce(mcp: Mcp, session: OwnSession): Promise<void> {
  const client = mcp.forUser(session.userId).client(session.sessionId);
  try {
    const { content } = await client.callTool("echo", { text: "hello" });
    if (!JSON.stringify(content).includes("You said hello")) throw new Error(`It answered ${JSON.stringify(content)}`);
  } finally {
    await client.close();
  }
}

export type Vault = ReturnType<typeof openVault>;

/** Reads the sessions in Redis, decrypted with the tests' keys. */
export function openVault(url: string) {
  const { sessions, driver, close } = openStorage(url, { sessionTtl: 600, encryptionKeys, logger: () => undefined });
  const credentials = new CredentialStore(driver, { ring, ttl: 600 });
  const read = async ({ userId, sessionId }: OwnSession) => {
    const stored = await sessions.read(userId, sessionId);
    const opened = stored?.credentials === undefined ? undefined : await credentials.read(stored.record);
    return { record: stored?.record, credentials: opened, refreshToken: opened?.signIn?.tokens.refreshToken?.reveal() };
  };
  /** Whether any process holds the lock for refreshing the session's tokens, whatever their version. */
  const isLocked = async (sessionId: string) => {
    const redis = new Redis(url);
    try {
      return (await redis.keys(`mcp:lock:${sessionId}:refresh:*`)).length > 0;
    } finally {
      redis.disconnect();
    }
  };
  return { read, isLocked, driver, close };
}
