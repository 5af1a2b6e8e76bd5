import { Allowance } from "../budgets/allowance.js";
import { holdForDelivery, type RoomLimits } from "../budgets/answer-room.js";
import { budgetUser } from "../budgets/budget-user.js";
import { Turns } from "../budgets/turns.js";
import { callerGone, RateLimitedError } from "../errors.js";
import type { Limits } from "../limits.js";
import { inBytes } from "../outbound/answer-body.js";
import { processWide } from "../process-wide.js";
import type { ListedSessions } from "../session/session-store.js";
import type { Sessions } from "../session/sessions.js";

/** How many lists of one user are read at the same time in this process. The others wait. */
const maxListsPerUser = 2;

type ListLimits = RoomLimits & Pick<Limits, "listBytesPerMinute">;

/** What was read, and how many bytes that are. */
interface Read<T> {
  value: T;
  bytes: number;
}

/**
 * The reads of lists, which cost little to ask for and may be large: each user reads two at a time, and has so many bytes
 * a minute, counted in this process.
 */
export class ListReads {
  readonly #storeId: string;
  readonly #limits: ListLimits;

  /** `storeId` identifies the storage within this process. */
  constructor(storeId: string, limits: ListLimits) {
    this.#storeId = storeId;
    this.#limits = limits;
  }

  /**
   * Reads when it is the user's turn. Throws a {@link RateLimitedError} if they have read too much, a `LimitExceededError`
   * if too many of their reads wait, and a `CancelledError` once `signal` has aborted: then it has read nothing. Throws
   * a `LimitExceededError`, too, if there is no room to deliver what was read. That counts, because it was read.
   */
  async run<T>(userId: string, read: () => Promise<Read<T>>, signal?: AbortSignal): Promise<T> {
    const user = budgetUser(this.#storeId, userId);
    const turns = processWide("turns", "lists", () => new Turns({ perKey: maxListsPerUser, inAll: Infinity }));
    const allowance = Allowance.of("lists");
    try {
      const end = await turns.take(user, 1, signal);
      try {
        const wait = allowance.wait(user);
        if (wait > 0) throw this.#tooMuch(wait);
        const { value, bytes } = await read();
        allowance.spend(user, bytes, this.#limits.listBytesPerMinute);
        holdForDelivery(user, this.#limits, bytes);
        return value;
      } catch (error) {
        throw turns.failed(error, user);
      } finally {
        end();
      }
    } catch (error) {
      throw signal?.aborted ? callerGone() : error;
    }
  }

  /** Reads the user's connections in the same way. */
  connections(sessions: Pick<Sessions, "list">, userId: string, signal?: AbortSignal): Promise<ListedSessions> {
    const read = async () => {
      const listed = await sessions.list(userId, signal);
      return { value: listed, bytes: listed.bytes };
    };
    return this.run(userId, read, signal);
  }

  #tooMuch(wait: number): RateLimitedError {
    const most = inBytes(this.#limits.listBytesPerMinute);
    const message = `You have read too many large lists: this app allows ${most} a minute`;
    return new RateLimitedError(message, wait, "Raise limits.listBytesPerMinute to allow more.");
  }
}
