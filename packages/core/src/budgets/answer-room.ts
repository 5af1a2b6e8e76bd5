import { LimitExceededError, processBusy } from "../errors.js";
import type { Limits } from "../limits.js";
import { Delivery } from "./delivery.js";
import { type Full, HeldBytes, type Holding } from "./held-bytes.js";

/**
 * How much (bytes) of its room each step takes before it sends anything. So where there is no room, nothing is sent,
 * and once something is sent, a small answer arrives.
 */
const firstBytes = 4_096;

/**
 * From what size on (bytes) an answer is large, and how much of its room a large one takes at once: about as much is
 * read ahead of it.
 */
const [largeBytes, aheadBytes] = [65_536, 262_144];

export type RoomLimits = Pick<Limits, "answerBytesPerUser" | "answerBytes" | "resultBytes" | "toolListBytes">;

interface AnswerRoomOptions {
  /** Names the storage and the user. */
  user: string;
  limits: RoomLimits;
  /** The most (bytes) that the step may take. */
  maxBytes: number;
  /** Whether the server may have done what the step asked for, once it has been asked. */
  mayBeDone: boolean;
  /** Ends the step with this error, because a user who holds less needs the room. */
  giveWay: (error: LimitExceededError) => void;
}

/**
 * Takes room for a result of this size that did not come from a step, such as a stored list, until the answer of ours
 * with it has been written. Throws a {@link LimitExceededError}.
 */
export function holdForDelivery(user: string, limits: RoomLimits, bytes: number): void {
  const delivery = Delivery.current();
  if (!delivery) return;
  const giveWay = (error: LimitExceededError) => delivery.stop(error);
  const room = new AnswerRoom({ user, limits, maxBytes: bytes, mayBeDone: false, giveWay });
  const refusal = room.take(bytes);
  if (refusal) throw refusal;
  room.keepFor(delivery);
}

/** The room that the answers of one step take in this process, together with those of all others. */
export class AnswerRoom {
  readonly #holding: Holding;
  readonly #mayBeDone: boolean;
  readonly #maxBytes: number;
  #giveWay: (error: LimitExceededError) => void;
  #arrived = 0;
  #isAdmitted = false;

  constructor({ user, limits, maxBytes, mayBeDone, giveWay }: AnswerRoomOptions) {
    this.#mayBeDone = mayBeDone;
    this.#maxBytes = maxBytes;
    this.#giveWay = giveWay;
    const ended = () => this.#giveWay(this.lost);
    this.#holding = HeldBytes.ofAnswers.hold(user, roomOf(limits), ended);
  }

  /** Takes the first room. Throws a {@link LimitExceededError}. */
  admit(bytes = firstBytes): void {
    const full = this.#holding.take(bytes);
    if (full) throw refusals[full](false);
    this.#isAdmitted = true;
  }

  /** The error of a step whose room a user who holds less has got. */
  get lost(): LimitExceededError {
    return refusals.process(this.#mayBeDone && this.#isAdmitted);
  }

  /** Takes room for bytes that have arrived. Returns the error if the room is full. */
  take(bytes: number): LimitExceededError | undefined {
    this.#arrived += bytes;
    const more = this.#arrived - this.#holding.bytes;
    if (more <= 0) return undefined;
    const left = this.#maxBytes - this.#holding.bytes;
    const ahead = this.#arrived > largeBytes ? Math.min(aheadBytes, left) : 0;
    const full = this.#holding.take(Math.max(more, ahead));
    return full && refusals[full](this.#mayBeDone);
  }

  /**
   * The step is over, and its result is part of an answer of ours: the room of what has arrived is given back with that
   * one's end.
   */
  keepFor(delivery: Delivery): void {
    this.#holding.trim(this.#arrived);
    this.#giveWay = (error) => delivery.stop(error);
    delivery.keep(this.#holding);
  }

  giveBack(): void {
    this.#holding.giveBack();
  }
}

/**
 * Throws a {@link LimitExceededError} if a step of this user, or an answer of this many bytes, would find no room now.
 * For work that changes something before its first step.
 */
export function checkRoom(user: string, limits: RoomLimits, bytes = firstBytes): void {
  const full = HeldBytes.ofAnswers.look(user, roomOf(limits), bytes);
  if (full) throw refusals[full](false);
}

/** An operator who raises the limits of one answer means that one to arrive. */
function roomOf({ answerBytesPerUser, answerBytes, resultBytes, toolListBytes }: RoomLimits) {
  const perUser = Math.max(answerBytesPerUser, resultBytes, toolListBytes);
  return { perUser, inAll: Math.max(answerBytes, resultBytes, toolListBytes) };
}

/** The hint after an error that came when the request had been sent. */
export const checkFirst = "The server may have completed this request: check that before you try again.";

/**
 * The errors. What the server may have done must not be repeated without a look, so there they invite no repetition.
 */
const refusals: Readonly<Record<Full, (mayBeDone: boolean) => LimitExceededError>> = {
  user: (mayBeDone) =>
    new LimitExceededError({
      message: "The answers that you are waiting for are together larger than this app allows",
      hint: mayBeDone ? `${checkFirst} Do fewer things at once.` : "Do fewer things at once, then try again.",
      operatorHint: "Raise limits.answerBytesPerUser to allow more.",
      retryable: !mayBeDone,
    }),
  process: (mayBeDone) => {
    const busy = processBusy(
      "it is already reading as many answers as it can",
      "Raise limits.answerBytes, or run more processes.",
    );
    const { retryAfter: _never, ...error } = busy.toJSON();
    return mayBeDone ? new LimitExceededError({ ...error, hint: checkFirst, retryable: false }) : busy;
  },
};
