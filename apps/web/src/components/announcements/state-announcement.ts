import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { toolsText, wantsMore } from "../connection/state-look";

/** What is said when a connection has come to a state; undefined for what is over in a moment. */
export function stateAnnouncement(connection: Connection): string | undefined {
  const said = resultOf(connection);
  return said && `${connection.serverName}: ${said}`;
}

function resultOf({ state, toolCount, reason, error, authUrl }: Connection): string | undefined {
  switch (state) {
    case "CONNECTED":
      if (wantsMore({ state, authUrl })) return "wants more permission. Everything else works as before";
      return toolCount === null ? "connected" : `connected, ${toolsText(toolCount)}`;
    case "AUTHENTICATING":
      return "waiting for sign-in";
    case "DISCONNECTED":
      return reason ? `disconnected. ${reason}` : "disconnected";
    case "RECONNECTING":
      return "reconnecting";
    case "FAILED":
      return error ? `failed. ${error.message}` : "failed";
    default:
      return undefined;
  }
}
