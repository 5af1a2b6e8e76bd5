import { answerConsentPage } from "@mcp-assistant/demo-servers/oauth";
import { createMcp, MCPClient, type Mcp, sessionStore } from "@mcp-assistant/mcp-redis/server";
import { onTestFinished } from "vitest";

/** The app that the examples use without naming it: the only open one of the process, in memory. */
export function openApp(servers: readonly { hosts: readonly string[] }[]): Mcp {
  const mcp = createMcp({
    storage: "memory",
    baseUrl: "http://localhost:3000",
    callbackUrls: ["http://localhost:3000/oauth/callback"],
    outbound: { allowHosts: servers.flatMap(({ hosts }) => hosts) },
    logger: null,
  });
  onTestFinished(() => mcp.close());
  return mcp;
}

/** Connects a user for the first time. Returns the address of the sign-in, if the server asks for one. */
export async function connectFirst(userId: string, serverUrl: string) {
  let authUrl = "";
  const sessionId = sessionStore.generateSessionId({ userId, serverUrl });
  const onRedirect = (url: string) => {
    authUrl = url;
  };
  const client = new MCPClient({ userId, sessionId, serverUrl, onRedirect });
  await client.connect().catch((error: unknown) => {
    if (authUrl === "") throw error;
  });
  await client.close();
  return { sessionId, authUrl };
}

/** Acts like the user at the sign-in. Returns the address of the callback. */
export const signIn = async (authUrl: string) => (await answerConsentPage(authUrl)).href;
