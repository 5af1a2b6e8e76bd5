import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { toolsText, wantsMore } from "../connection/state-look";

/** The announcement for a connection that has reached a state; undefined for short-lived states. */
export function stateAnnouncement(connection: Connection): string | undefined {
  const text = resultOf(connection);
  return text && `${connection.serverName}: ${text}`;
}

function resultOf({ state, toolCount, reason, error, authUrl }: Connection): string | undefined {
  switch (state) {
    case "CONNECTED":
      if (wantsMore({ state, authUrl })) return "needs another permission. Everything else still works";
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
