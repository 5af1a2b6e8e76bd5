import { demoServers } from "./demo-servers";
import { baseUrl, cookieSecret } from "./environment";
import { mcp } from "./mcp";

/** Throws an error that names a setting with which the app cannot work. */
export function checkEnvironment(): void {
  baseUrl();
  cookieSecret();
  demoServers();
  void mcp.baseUrl;
}
