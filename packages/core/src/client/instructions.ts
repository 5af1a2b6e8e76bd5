import { shownText } from "../tools/shown-text.js";
import type { ClientDeps } from "./client-deps.js";
import { Links } from "./links.js";
import { ready, type SessionOfUser } from "./ready.js";

/** What a session's server says about its use, asked in a handshake that is made for that. Counts as a call. */
export async function instructions(deps: ClientDeps, session: SessionOfUser): Promise<string | null> {
  const links = new Links(deps, session, true);
  try {
    const stored = await ready(deps, session, "calls");
    const said = await links.use(stored, async (server) => server.instructions);
    return (said && shownText(said, deps.limits.instructionBytes)) || null;
  } finally {
    await links.close();
  }
}
