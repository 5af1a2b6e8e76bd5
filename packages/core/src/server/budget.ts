import { AnswerRoom } from "../budgets/answer-room.js";
import { Delivery } from "../budgets/delivery.js";
import { ReadingTurns } from "../budgets/reading-turns.js";
import { LimitExceededError } from "../errors.js";
import type { Limits } from "../limits.js";
import { inBytes } from "../outbound/answer-body.js";
import type { AnswerBudget } from "./answer-meter.js";
import type { Method } from "./method.js";

/** How many more messages than limits.messages are allowed per second of a step. The log of a long call is no flood. */
const messagesPerSecond = 10;
/** As how many bytes of an answer a report of progress counts in a turn of the event loop: about as long as it takes. */
const bytesPerReport = 4_096;
/**
 * The maximum number of requests that a server may send along with one answer. Each makes us send a request in reply.
 */
const maxServerRequests = 16;

/**
 * The limits that a tool call can stay within by asking for less. The length of a list cannot be influenced this way.
 */
const askable: ReadonlySet<keyof Limits> = new Set(["resultBytes", "contents", "messages"]);

/** How many bytes all heads of a step, and what else is no body, may have in addition to its bodies. */
const maxStepFramingBytes = 262_144;

/** How many lines an event may have for each member: an indented text has one where a member begins or ends. */
const maxLinesPerMember = 2;

/** The nesting depth of a list's members: message, result, array, member. */
const maxMemberDepth = 4;
/** How many other objects may be at that depth, such as those in `_meta` and in notifications. */
const maxOtherMembers = 1_000;

/** A server's HTTP answer ended without a reply to the request. The cause is why it ended, if known. */
export class UnansweredError extends Error {}

/** The maximum (bytes) that may arrive on a stream that is still open after the step has ended. They are not read. */
const maxLateBytes = 65_536;

interface BudgetOptions {
  /** The server's host, for error messages. */
  host: string;
  limits: Limits;
  method: Method;
  /** Names the storage and the user whose step it is. */
  user: string;
  /** Whether an event of a stream is a report of progress that the step has asked for. */
  isReport?: ((event: Uint8Array) => boolean) | undefined;
  /** Ends the step with the error when a limit is exceeded. */
  breakOff: (error: LimitExceededError) => void;
}

/**
 * The limits of one step: a handshake, a list with all its pages, or a call. Everything that the server answers during
 * the step counts. Exceeding a limit ends this step immediately, and no other.
 */
export class Budget implements AnswerBudget {
  readonly #host: string;
  readonly #limits: Limits;
  readonly #method: Method;
  readonly #isReport: BudgetOptions["isReport"];
  readonly #breakOff: BudgetOptions["breakOff"];
  readonly #began = performance.now();
  readonly #room: AnswerRoom;
  /** Names the storage and the user whose step it is. */
  readonly user: string;
  #bytes = 0;
  #wireBytes = 0;
  #jsonMembers = 0;
  #lines = 0;
  #lateBytes = 0;
  #messages = 0;
  #requests = 0;
  #members = 0;
  #broken: LimitExceededError | undefined;
  #isOver = false;
  readonly #afterwards = new Set<() => void>();

  #answer: Readonly<Record<string, unknown>> | undefined;

  constructor({ host, limits, method, user, isReport, breakOff }: BudgetOptions) {
    this.#host = host;
    this.#limits = limits;
    this.#method = method;
    this.#isReport = isReport;
    this.#breakOff = breakOff;
    this.user = user;
    this.#room = new AnswerRoom({
      ...{ user, limits, mayBeDone: method.mayBeDone, maxBytes: limits[method.bytes] },
      giveWay: (error) => this.#abort(error),
    });
  }

  /** The method of its step. */
  get method(): Method {
    return this.#method;
  }

  /**
   * Ends the step, because the answer of ours that needs its result is stopped. That answer's own error is another step's,
   * and need not be true of this one.
   */
  readonly giveWay = (): void => this.#abort(this.#room.lost);

  /** The least result that the SDK accepts; undefined for a handshake, which it needs whole. */
  get outline(): Readonly<Record<string, unknown>> | undefined {
    const { list, outline } = this.#method;
    return list === undefined ? outline : { [list]: [] };
  }

  /** Stores a result for the caller, exactly as the server sent it. */
  keep(result: Readonly<Record<string, unknown>>): void {
    this.#answer = result;
  }

  /** The latest result. */
  get answer(): Readonly<Record<string, unknown>> {
    return this.#answer ?? {};
  }

  /** Calls `work` once the step has ended and no answer is awaited any longer. */
  afterwards(work: () => void): void {
    if (!this.#isOver) this.#afterwards.add(work);
  }

  /** Makes room for an answer. Throws a {@link LimitExceededError} if the room is full: then nothing has been sent. */
  admit(): void {
    this.#room.admit();
  }

  /** Ends the step. A result that is delivered as it is keeps its room while an answer of ours delivers it. */
  end(): void {
    const isResult = this.#answer !== undefined && this.#method.isDelivered;
    const delivery = isResult ? Delivery.current() : undefined;
    if (delivery) this.#room.keepFor(delivery);
    else this.#room.giveBack();
    this.#isOver = true;
    for (const work of this.#afterwards) work();
    this.#afterwards.clear();
  }

  takeBytes(count: number): void {
    // What arrives after an error, or after the end of the step, is not read.
    if (this.#broken) throw this.#broken;
    if (this.#isOver) this.#takeLate(count);
    this.#bytes += count;
    const { bytes, pages, noun } = this.#method;
    const max = this.#limits[bytes];
    if (this.#bytes > max) {
      this.#break(bytes, `${pages ? `sent a list of ${noun} larger than` : "answered with more than"} ${inBytes(max)}`);
    }
    const refusal = this.#room.take(count);
    if (refusal) this.#refuse(refusal);
  }

  #takeLate(count: number): void {
    this.#lateBytes += count;
    if (this.#lateBytes > maxLateBytes) throw new UnansweredError("The answer comes after its step");
  }

  /**
   * The progress that we have asked for is as frequent as the server likes, and must not cost the call its result. So it
   * is read in the user's turns, and has the limits on bytes, members and lines.
   */
  takeMessage(event?: Uint8Array): void {
    if (event && this.#isReport?.(event)) {
      ReadingTurns.ofAnswers.spend(this.user, bytesPerReport);
      return;
    }
    this.#messages += 1;
    const max = this.#limits.messages;
    if (this.#messages <= max) return;
    const allowance = ((performance.now() - this.#began) / 1_000) * messagesPerSecond;
    if (this.#messages > max + allowance) this.#break("messages", `sent more than ${max} messages in one answer`);
  }

  takeRequest(): void {
    this.#requests += 1;
    if (this.#requests > maxServerRequests) {
      this.#break(undefined, `sent more than ${maxServerRequests} requests of its own in one answer`);
    }
  }

  /** Counts bytes that have arrived on the socket: heads, framing and all else besides the body, and the body. */
  took(count: number): void {
    this.#wireBytes += count;
    const max = this.#limits[this.#method.bytes];
    if (this.#wireBytes > 2 * max + maxStepFramingBytes) {
      this.#break(this.#method.bytes, `sent more than twice the ${inBytes(max)} that its answers may have`);
    }
  }

  takeMembers(count: number): void {
    this.#jsonMembers += count;
    const max = this.#limits.jsonMembers;
    if (this.#jsonMembers > max) this.#break("jsonMembers", `answered with JSON of more than ${max} members`);
  }

  takeLines(count: number): void {
    this.#lines += count;
    const max = maxLinesPerMember * this.#limits.jsonMembers;
    if (this.#lines > max) this.#break("jsonMembers", `sent events of more than ${max} lines`);
  }

  takeNested(depth: number): void {
    const max = this.#limits.jsonDepth;
    if (depth > max) this.#break("jsonDepth", `answered with JSON nested more than ${max} levels deep`);
    if (depth === maxMemberDepth) this.#takeMember();
  }

  /** Counts members before they are parsed. Other objects can be at the same depth, so it allows for a few more. */
  #takeMember(): void {
    this.#members += 1;
    if (this.#members > this.#limits[this.#method.members] + maxOtherMembers) this.checkMembers(this.#members);
  }

  checkMembers(count: number): void {
    const { members, pages, noun } = this.#method;
    const max = this.#limits[members];
    if (count > max) this.#break(members, `${pages ? "lists" : "answered with"} more than ${max} ${noun}`);
  }

  checkPages(count: number): void {
    const { pages, noun } = this.#method;
    if (!pages) return;
    const max = this.#limits[pages];
    if (count > max) this.#break(pages, `lists its ${noun} on more than ${max} pages`);
  }

  checkInstructions(instructions = ""): void {
    const max = this.#limits.instructionBytes;
    if (Buffer.byteLength(instructions) > max) {
      this.#break("instructionBytes", `sent instructions longer than ${inBytes(max)}`);
    }
  }

  /** Without a `limit`, it is a fixed one that no operator can raise. */
  #break(limit: keyof Limits | undefined, what: string): never {
    const hint = limit ? "Contact the people who run this app." : "Contact the server's provider.";
    const error = new LimitExceededError({
      message: `${this.#host} ${what}`,
      hint: limit && !this.#method.pages && askable.has(limit) ? "Ask for less at once." : hint,
      ...(limit ? { operatorHint: `Raise limits.${limit} to allow more.` } : {}),
      retryable: false,
    });
    this.#refuse(error);
  }

  #refuse(error: LimitExceededError): never {
    this.#abort(error);
    throw error;
  }

  #abort(error: LimitExceededError): void {
    // Until its text is made, a stack keeps alive what its functions hold, such as the answer's bytes.
    void error.stack;
    this.#broken ??= error;
    this.#breakOff(error);
  }
}
