import type { McpUser, StreamedEvent } from "@mcp-assistant/core";
import type { EventId } from "@mcp-assistant/protocol";
import { checkedIterator } from "./checked-iterator.js";
import { type CurrentUserId, checkUser, UserNotKnownError, userChanged } from "./current-user.js";
import { userKeyOf } from "./user-key.js";

export interface UserEventsOptions {
  /** Called every minute while the stream is open. */
  currentUserId: CurrentUserId;
  /** Also called every minute. Rejects if the user may no longer read. */
  authorize?: ((userId: string) => Promise<void>) | undefined;
  lastEventId?: EventId | null | undefined;
  /** The user whose events the reader expects: see {@link userKeyOf}. */
  userKey?: string | null | undefined;
  signal: AbortSignal | undefined;
}

/**
 * All events of a user's connections. It begins with a snapshot, or with the events since `lastEventId`. It ends when
 * this user is no longer signed in. With the `userKey` of another user it is refused.
 *
 * Rejects with `UNAUTHENTICATED`, `USER_CHANGED`, a {@link UserNotKnownError}, `LIMIT_EXCEEDED`, `RATE_LIMITED`
 * or what `authorize` rejects with.
 */
export async function userEvents(
  user: McpUser,
  { currentUserId, authorize, lastEventId, userKey, signal }: UserEventsOptions,
): Promise<AsyncIterableIterator<StreamedEvent, undefined>> {
  if (typeof userKey === "string" && userKey !== userKeyOf(user.userId)) throw userChanged();
  const events = await user.subscribe({ lastEventId: lastEventId ?? undefined, signal });
  return checkedIterator(events, {
    check: async () => {
      await checkUser(user.userId, currentUserId);
      await authorize?.(user.userId);
    },
    noAnswer: () => new UserNotKnownError(),
    signal,
  });
}
