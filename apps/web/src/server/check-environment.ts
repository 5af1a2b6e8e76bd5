import { isMcpSessionError } from "@mcp-assistant/mcp-redis/shared";
import { baseUrl, cookieSecret, trustProxy } from "./environment";

/** Ends the process when a setting is missing or invalid, with a line that names it. */
export async function checkEnvironment(): Promise<void> {
  try {
    baseUrl();
    cookieSecret();
    trustProxy();
    const [{ demoServers }, { mcp }] = await Promise.all([import("./demo-servers"), import("./mcp")]);
    demoServers();
    mcp.check();
  } catch (error) {
    if (!isMcpSessionError(error)) throw error;
    // Next would continue anyway, and print the place in the bundle before the message.
    console.error(`${error.message}. ${error.hint}`);
    process.exit(1);
  }
}
