import { isMcpSessionError } from "@mcp-assistant/mcp-redis/shared";
import { baseUrl, cookieSecret } from "./environment";

/** Ends the process, with a line that names the setting, when there is one with which the app cannot work. */
export async function checkEnvironment(): Promise<void> {
  try {
    baseUrl();
    cookieSecret();
    const [{ demoServers }, { mcp }] = await Promise.all([import("./demo-servers"), import("./mcp")]);
    demoServers();
    void mcp.baseUrl;
  } catch (error) {
    if (!isMcpSessionError(error)) throw error;
    // Next would go on without it, and show the place in the bundle before what it is.
    console.error(`${error.message}. ${error.hint}`);
    process.exit(1);
  }
}
