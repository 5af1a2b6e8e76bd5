import { AsyncLocalStorage } from "node:async_hooks";
import { setMaxListeners } from "node:events";
import { LimitExceededError } from "../errors.js";
import type { Limits } from "../limits.js";
import { inBytes } from "../outbound/answer-body.js";
import type { AnswerBudget } from "./answer-meter.js";

/** What limits.messages grows by with every second of a step: progress of a long call is no flood. */
const messagesPerSecond = 10;
/** The most requests of its own that a server may put beside one answer of ours: each is answered with a request of ours. */
const maxServerRequests = 16;

/** What a call can bring less of when its arguments ask for less. A list is as long as it is. */
const askable: ReadonlySet<keyof Limits> = new Set(["resultBytes", "contents", "messages"]);

/** How deep the members of a list lie: in a message, its result, and their array. */
const maxMemberDepth = 4;
/** What else may lie there: objects in `_meta` and in notifications. */
const maxOtherMembers = 1_000;

/** A server ended its answer, and there was none in it. The cause is why it ended, where that is known. */
export class UnansweredError extends Error {}

/** What a method may cost, each by the name of its limit, and the words for it. */
export interface Method {
  /** As the protocol calls it. The handshake has several. */
  name: string;
  /** ms, for all pages together. */
  time: keyof Limits;
  /** Bytes, for all pages together. */
  bytes: keyof Limits;
  /** How many members its lists may have, for all pages together. */
  members: keyof Limits;
  /** How many pages; absent for what has no pages. */
  pages?: keyof Limits;
  /** The list that its result carries, where it carries one. */
  list?: string;
  /** What the members are called in messages. */
  noun: string;
}

/** All that is ever asked of a server. */
export const methods = {
  handshake: {
    name: "initialize",
    time: "connectTimeout",
    bytes: "resultBytes",
    members: "contents",
    noun: "contents",
  },
  listTools: {
    name: "tools/list",
    time: "listTimeout",
    bytes: "toolListBytes",
    members: "tools",
    pages: "toolPages",
    list: "tools",
    noun: "tools",
  },
  callTool: {
    name: "tools/call",
    time: "requestTimeout",
    bytes: "resultBytes",
    members: "contents",
    list: "content",
    noun: "contents",
  },
} as const satisfies Record<string, Method>;

interface BudgetOptions {
  /** The server, for the message. */
  host: string;
  limits: Limits;
  method: Method;
}

/**
 * What one step may cost: a handshake, a list with all its pages, the result of a call. All that the server answers in the
 * meantime counts; what breaks a limit ends this step at once, and no other.
 */
export class Budget implements AnswerBudget {
  readonly #host: string;
  readonly #limits: Limits;
  readonly #method: Method;
  readonly #broken = new AbortController();
  readonly #over = new AbortController();
  readonly #began = performance.now();
  #bytes = 0;
  #messages = 0;
  #requests = 0;
  #members = 0;

  #answer: Readonly<Record<string, unknown>> = {};

  constructor({ host, limits, method }: BudgetOptions) {
    this.#host = host;
    this.#limits = limits;
    this.#method = method;
    // One for each page and each stream that is resumed.
    setMaxListeners(0, this.#over.signal);
  }

  /** The one of the step that this code runs for. */
  static current(): Budget | undefined {
    return budgets.getStore();
  }

  /** Runs work, and all that it starts, for this step. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return budgets.run(this, work);
  }

  /** Runs what belongs to no step. */
  static runFree<T>(work: () => Promise<T>): Promise<T> {
    return budgets.exit(work);
  }

  /** ms that the step may take. */
  get time(): number {
    return this.#limits[this.#method.time];
  }

  /** The list that the result of the method carries. */
  get list(): string | undefined {
    return this.#method.list;
  }

  /** Keeps a result as the server gave it, for whoever asked. */
  keep(result: Readonly<Record<string, unknown>>): void {
    this.#answer = result;
  }

  /** The latest result. */
  get answer(): Readonly<Record<string, unknown>> {
    return this.#answer;
  }

  /** Aborts with the error when a limit is broken. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Aborts when nobody waits for an answer any longer. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  end(): void {
    // A reason of one's own: the one by default is an error with its stack, for each call.
    this.#over.abort("over");
  }

  takeBytes(count: number): void {
    this.#bytes += count;
    const { bytes, pages, noun } = this.#method;
    const max = this.#limits[bytes];
    if (this.#bytes > max) {
      this.#break(bytes, `${pages ? `lists its ${noun}` : "answered"} with more than ${inBytes(max)}`);
    }
  }

  takeMessage(): void {
    this.#messages += 1;
    const max = this.#limits.messages;
    if (this.#messages <= max) return;
    const allowance = ((performance.now() - this.#began) / 1_000) * messagesPerSecond;
    if (this.#messages > max + allowance) this.#break("messages", `sent more than ${max} messages with one answer`);
  }

  takeRequest(): void {
    this.#requests += 1;
    if (this.#requests > maxServerRequests) {
      this.#break("messages", `sent more than ${maxServerRequests} requests of its own with one answer`);
    }
  }

  takeNested(depth: number): void {
    const max = this.#limits.jsonDepth;
    if (depth > max) this.#break("jsonDepth", `answered with JSON of more than ${max} levels`);
    if (depth === maxMemberDepth) this.#takeMember();
  }

  /** Before they are parsed, and with a little else that may lie at the same depth. */
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
      this.#break("instructionBytes", `gives instructions of more than ${inBytes(max)}`);
    }
  }

  refuse(): never {
    throw new UnansweredError("The answer is not what its headers say");
  }

  #break(limit: keyof Limits, what: string): never {
    const error = new LimitExceededError({
      message: `${this.#host} ${what}`,
      hint: `${askable.has(limit) ? "Ask for less at once. " : ""}The operator of this app can raise limits.${limit}.`,
      retryable: false,
    });
    this.#broken.abort(error);
    throw error;
  }
}

const budgets = new AsyncLocalStorage<Budget>();
