import { renameInputSchema } from "@mcp-assistant/protocol";
import { checkedInput } from "../checked-input.js";
import type { Sessions } from "../session/sessions.js";

/** Gives a session another name for its user. Throws `INVALID_INPUT` or `SESSION_NOT_FOUND`. */
export async function rename(
  sessions: Sessions,
  userId: string,
  given: { sessionId: string; serverName: string },
): Promise<void> {
  const serverName = checkedInput(renameInputSchema.shape.serverName, given.serverName);
  await sessions.change(userId, given.sessionId, (known) =>
    known.serverName === serverName ? undefined : { serverName },
  );
}
