import { AnswerRoom, type RoomLimits } from "../budgets/answer-room.js";
import { budgetUser } from "../budgets/budget-user.js";
import type { Fetch, OutboundInit } from "./guarded-fetch.js";

interface CountedParts {
  fetch: Fetch;
  storeId: string;
  limits: RoomLimits;
}

/**
 * The parts of an app for one user, whose `fetch` also counts the answers that belong to no step: the documents and
 * tokens of authorization servers, and what servers answer where we asked for nothing.
 */
export function countedFor<T extends CountedParts>(parts: T, userId: string): T {
  const user = budgetUser(parts.storeId, userId);
  return { ...parts, fetch: countedFetch(parts.fetch, user, parts.limits) };
}

/**
 * `fetch` that takes room of the user for an answer with a maximum size (`bytes`), until it has been read. A step
 * counts its answers itself, with a meter. Throws a `LimitExceededError` before anything is sent if there is no room.
 *
 * A form asks for tokens, and what it sends, such as a code, can often be used only once. So it takes room for the
 * largest answer before it is sent, and the answer is read even if a user who holds less gets that room.
 */
function countedFetch(fetch: Fetch, user: string, limits: RoomLimits): Fetch {
  return async (url, given = {}) => {
    const init = { ...given, user };
    const { bytes, meter, body } = init;
    if (bytes === undefined || meter) return fetch(url, init);
    const gaveWay = new AbortController();
    const isForm = body instanceof URLSearchParams;
    const giveWay = (error: unknown) => isForm || gaveWay.abort(error);
    const room = new AnswerRoom({ user, limits, maxBytes: bytes, mayBeDone: false, giveWay });
    try {
      room.admit(isForm ? bytes : undefined);
      return await fetch(url, isForm ? init : { ...init, ...metered(room, init.signal, gaveWay.signal) });
    } finally {
      room.giveBack();
    }
  };
}

function metered(room: AnswerRoom, given: AbortSignal | null | undefined, gaveWay: AbortSignal): OutboundInit {
  const take = ({ length }: Uint8Array) => {
    const refusal = room.take(length);
    if (refusal) throw refusal;
  };
  return {
    signal: given ? AbortSignal.any([given, gaveWay]) : gaveWay,
    meter: { whole: () => ({ take }), events: () => ({ take }) },
  };
}
