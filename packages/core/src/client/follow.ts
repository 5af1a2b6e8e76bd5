import { followResourceInputSchema } from "@mcp-assistant/protocol";
import { checkedInput } from "../checked-input.js";
import { notSupported } from "../server/server-error.js";
import { ready } from "./ready.js";
import type { Talk } from "./tools.js";

const input = followResourceInputSchema.omit({ sessionId: true });

/** What is followed, and by whom: without a name, by the app itself. */
export interface FollowInput {
  uri: string;
  follower?: string | undefined;
}

/**
 * Follows a resource of a session. Throws `NOT_SUPPORTED`, also once the server has said that it has no standing
 * stream; `INVALID_INPUT` or `LIMIT_EXCEEDED`.
 */
export async function follow({ deps, session, links }: Talk, given: FollowInput): Promise<void> {
  const { uri, follower: by } = checkedInput(input, given);
  const stored = await ready(deps, session, "calls");
  const [tells, url] = await links.use(stored, async (server) => [server.tellsOfResources, server.url] as const);
  if (!tells || deps.handshakes.current(stored)?.isSilent) throw notSupported(url, "updates of resources");
  await deps.followed.follow(session, { uri, by });
}

/** Ends that. */
export async function unfollow({ deps, session }: Talk, given: FollowInput): Promise<void> {
  const { uri, follower: by } = checkedInput(input, given);
  // Whose session it is.
  await deps.sessions.read(session.userId, session.sessionId);
  await deps.followed.unfollow(session, { uri, by });
}
