// What to do about an error of a connect.
import { type MCPClient, UnauthorizedError } from "@mcp-assistant/mcp-redis/server";

/** `window` is the browser's, or whatever sends your user somewhere. */
export async function connectOrSay(client: MCPClient, window: { location: { href: string } }): Promise<string> {
  try {
    await client.connect();
    return "Connected";
  } catch (error) {
    if (error instanceof UnauthorizedError) {
      // Redirect to OAuth
      window.location.href = error.authUrl;
      return "Signing in";
    }
    if (error instanceof Error && error.message === "Session not found") {
      // Session expired
      return "Session expired, please reconnect";
    }
    // Other errors
    return `Connection failed: ${error instanceof Error ? error.message : "unknown"}`;
  }
}
