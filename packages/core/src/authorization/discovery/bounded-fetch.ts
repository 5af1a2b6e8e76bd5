import { AnswerRoom, checkRoom, type RoomLimits } from "../../budgets/answer-room.js";
import { budgetUser } from "../../budgets/budget-user.js";
import { AuthorizationFailedError, isLackOfRoom, LimitExceededError } from "../../errors.js";
import { type Fetch, withDeadline } from "../../outbound/guarded-fetch.js";
import { shownHost } from "../../outbound/shown-host.js";

/** The maximum (bytes, decompressed) that is read of a metadata document. */
export const maxMetadataBytes = 262_144;

/** The maximum (bytes, decompressed) that is read of an answer to a registration or a token request. */
export const maxAnswerBytes = 65_536;

/**
 * `fetch` for requests to authorization servers. Each answer is read in full, up to `bytes`, and everything done with
 * this fetch takes at most `ms` from now on. A POST is not redirected, not even within its origin (RFC 9700 §4.12).
 *
 * Throws what `fetch` throws, and an {@link AuthorizationFailedError} for an answer over a limit or a redirect of a
 * POST.
 */
export function boundedFetch(fetch: Fetch, { ms, bytes }: { ms: number; bytes: number }): Fetch {
  const inTime = withDeadline(fetch, ms);
  return async (input, init) => {
    const response = await inTime(input, { ...init, bytes }).catch((error: unknown) => {
      if (!(error instanceof LimitExceededError) || isLackOfRoom(error)) throw error;
      throw unusable(
        error.message,
        "The authorization server's answer is over a fixed limit, so the sign-in cannot continue.",
      );
    });
    const { status } = response;
    if (init?.method === "POST" && status >= 300 && status < 400) {
      throw unusable(
        `${shownHost(input)} redirected the sign-in`,
        "The authorization server must answer POST requests at the addresses in its metadata, without a redirect.",
      );
    }
    return response;
  };
}

/**
 * Throws a `LimitExceededError` if a token request of this user would find no room now. For what can be used only once,
 * and is taken before it is sent.
 */
export function checkRoomForTokens({ storeId, limits }: { storeId: string; limits: RoomLimits }, userId: string): void {
  checkRoom(budgetUser(storeId, userId), limits, maxAnswerBytes);
}

/**
 * Takes the room for the answer to one token request of this user, before what the request sends is used up. Throws a
 * `LimitExceededError`. From then on the request is made in any case, with {@link inTakenRoom}, even if a user who holds
 * less gets the room. The caller gives it back.
 */
export function takeRoomForTokens(
  { storeId, limits }: { storeId: string; limits: RoomLimits },
  userId: string,
): Pick<AnswerRoom, "giveBack"> {
  const giveWay = () => undefined;
  const user = budgetUser(storeId, userId);
  const room = new AnswerRoom({ user, limits, maxBytes: maxAnswerBytes, mayBeDone: false, giveWay });
  room.admit(maxAnswerBytes);
  return room;
}

/** `fetch` that takes no room, because its caller has. */
export const inTakenRoom =
  (fetch: Fetch): Fetch =>
  (url, init) => {
    const meter = () => ({ take: () => undefined });
    return fetch(url, { ...init, meter: { whole: meter, events: meter } });
  };

const unusable = (message: string, operatorHint: string) =>
  new AuthorizationFailedError({ message, hint: "Contact the server's provider.", operatorHint, retryable: false });
