"use server";

import { openMcp, userId } from "../open-mcp";

const mcp = openMcp("action");

/** Starts the sign-in of a session, or connects to a server. */
export async function act(form: FormData): Promise<void> {
  const field = (name: string) => String(form.get(name) ?? "");
  const sessionId = field("session");
  if (sessionId) await mcp.forUser(userId).authorization.start(sessionId);
  else await mcp.forUser(userId).connect({ serverUrl: field("serverUrl"), serverId: field("serverId") });
}
