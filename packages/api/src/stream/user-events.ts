import type { McpUser, StreamedEvent } from "@mcp-assistant/core";
import type { EventId } from "@mcp-assistant/protocol";
import { checkedIterator } from "./checked-iterator.js";
import { type CurrentUserId, checkUser, UserNotKnownError, userChanged } from "./current-user.js";
import { userKeyOf } from "./user-key.js";

export interface UserEventsOptions {
  /** Asked every minute while the stream is open. */
  currentUserId: CurrentUserId;
  lastEventId?: EventId | null | undefined;
  /** Whose events the reader wants: see {@link userKeyOf}. */
  userKey?: string | null | undefined;
  signal: AbortSignal | undefined;
}

/**
 * All events of a user's connections; a snapshot first, or what was missed since `lastEventId`. It ends when the user is
 * no longer the one who is signed in, and with a `userKey` it does not begin for anybody else.
 *
 * Rejects with `UNAUTHENTICATED`, `USER_CHANGED`, a {@link UserNotKnownError}, `LIMIT_EXCEEDED` or `RATE_LIMITED`.
 */
export async function userEvents(
  user: McpUser,
  { currentUserId, lastEventId, userKey, signal }: UserEventsOptions,
): Promise<AsyncIterableIterator<StreamedEvent, undefined>> {
  if (typeof userKey === "string" && userKey !== userKeyOf(user.userId)) throw userChanged();
  const events = await user.subscribe({ lastEventId: lastEventId ?? undefined, signal });
  return checkedIterator(events, {
    check: () => checkUser(user.userId, currentUserId),
    noAnswer: () => new UserNotKnownError(),
    signal,
  });
}
