import { shownText } from "../tools/shown-text.js";
import type { ClientDeps } from "./client-deps.js";
import { Links } from "./links.js";
import { ready, type SessionOfUser } from "./ready.js";
import { checkCaller } from "./tools.js";

/**
 * What a session's server says about its use, asked in a handshake that is made for that, and that `signal` ends. Counts
 * as a call.
 */
export async function instructions(
  deps: ClientDeps,
  session: SessionOfUser,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const links = new Links(deps, session, true, signal);
  try {
    const stored = await ready(deps, session, "calls");
    checkCaller(signal);
    const said = await links.use(stored, async (server) => server.instructions);
    return (said && shownText(said, deps.limits.instructionBytes)) || null;
  } finally {
    await links.close();
  }
}
