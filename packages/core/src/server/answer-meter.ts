import type { AnswerMeter } from "../outbound/answer-body.js";
import type { EventMeter } from "../outbound/answer-events.js";
import type { ServerSentEvent } from "../outbound/event-stream.js";
import { type JsonBudget, JsonMeter } from "./json-meter.js";

/**
 * The budget that a meter counts against, shared by all answers of a step. Each method throws when a limit is exceeded.
 */
export interface AnswerBudget extends JsonBudget {
  /** Counts bytes that have arrived. */
  takeBytes(count: number): void;
  /** Counts the lines of events. */
  takeLines(count: number): void;
}

/** Measures a JSON document before it is parsed. */
export class DocumentMeter implements AnswerMeter {
  readonly #budget: AnswerBudget;
  readonly #json: JsonMeter;

  constructor(budget: AnswerBudget) {
    this.#budget = budget;
    this.#json = new JsonMeter(budget);
  }

  take(chunk: Uint8Array): void {
    this.#budget.takeBytes(chunk.length);
    this.#json.take(chunk);
  }
}

/** How many bytes of an event are measured before the next look at the limits. */
const measuredBytes = 16_384;

/** Measures the events of a stream before their JSON is parsed. */
export class StreamMeter implements EventMeter {
  readonly #budget: AnswerBudget;
  /** Called with the error that ends the stream. */
  readonly failed: (error: unknown) => void;

  constructor(budget: AnswerBudget, failed: (error: unknown) => void) {
    this.#budget = budget;
    this.failed = failed;
  }

  take(chunk: Uint8Array): void {
    this.#budget.takeBytes(chunk.length);
  }

  event({ data, lines }: ServerSentEvent): void {
    this.#budget.takeLines(lines);
    this.#budget.takeMessage(data);
    const json = new JsonMeter(this.#budget);
    for (let at = 0; at < data.length; at += measuredBytes) json.take(data.subarray(at, at + measuredBytes));
  }
}
