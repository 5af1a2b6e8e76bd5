import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import { onTestFinished } from "vitest";
import { appFor } from "../authorization/sign-in/sign-in.fixture.js";
import { MCPClient, type MCPClientOptions, sessionStore } from "../index.js";
import type { McpOptions } from "../options/options.js";
import { someUser } from "../samples.fixture.js";

/** The two demo servers, and apps and clients for them that last as long as a test. */
export async function startOwnSessions() {
  const [modern, notes] = await Promise.all([startModernServer(), startOauthServer()]);
  const open = (options: Partial<McpOptions> = {}, hosts: readonly string[] = [...modern.hosts, ...notes.hosts]) => {
    const mcp = appFor({ hosts }, options);
    onTestFinished(() => mcp.close());
    return mcp;
  };
  const clientOf = (options: MCPClientOptions): MCPClient => {
    const client = new MCPClient(options);
    onTestFinished(() => client.close());
    return client;
  };
  /** A client for a server that asks for a sign-in, and the addresses that its `onRedirect` was given. */
  const signingIn = (options: Partial<MCPClientOptions> = {}, serverUrl = notes.url) => {
    const userId = options.userId ?? someUser();
    const sessionId = sessionStore.generateSessionId({ userId, serverUrl });
    const redirects: string[] = [];
    const onRedirect = (authUrl: string) => void redirects.push(authUrl);
    return { userId, sessionId, redirects, client: clientOf({ userId, sessionId, serverUrl, onRedirect, ...options }) };
  };
  const close = () => Promise.all([modern.close(), notes.close()]);
  return { modern, notes, open, clientOf, signingIn, close };
}
