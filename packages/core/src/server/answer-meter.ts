/** What a meter counts against: one budget for all answers of a step. Each method throws when there is no more. */
export interface AnswerBudget {
  /** So many bytes have come. */
  takeBytes(count: number): void;
  /** One more message has come. */
  takeMessage(): void;
  /** An object or array begins, of so many around it and itself. In a batch, the batch does not count. */
  takeNested(depth: number): void;
  /** What came first cannot be what the headers say now. */
  refuse(): never;
}

const [newline, carriageReturn, space, tab, quote, backslash] = [0x0a, 0x0d, 0x20, 0x09, 0x22, 0x5c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const byteOrderMark = [0xef, 0xbb, 0xbf];

/** The bytes that say where a string, an object, an array or a line ends: the others are passed over. */
const matters = new Uint8Array(256);
for (const byte of [openBrace, closeBrace, openBracket, closeBracket, quote, backslash, newline, carriageReturn])
  matters[byte] = 1;

const isLineEnd = (byte: number) => byte === newline || byte === carriageReturn;
const isBlank = (byte = 0) => byte === space || byte === tab || isLineEnd(byte);

/** The name of the only field of an event whose value is parsed, and its colon (WHATWG HTML, server-sent events). */
const dataField = [...Buffer.from("data:")];
const [inData, inOtherField] = [dataField.length, -1];

/**
 * Reads along with an answer, before anybody parses it: how many bytes and messages it has, and how deep its JSON is. It
 * may be a JSON document, or an event stream with a document in each event; where the headers have not said it yet, the
 * first byte does. One pass, no copy, and nothing is kept of what it reads.
 */
export class McpAnswerMeter {
  readonly #budget: AnswerBudget;
  #kind: "unknown" | "document" | "stream" = "unknown";
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  /** A batch (JSON-RPC 2.0 §6): each member of the outermost array is a message. */
  #isBatch = false;
  /** In a stream: how many bytes of {@link dataField} this line began with, or what came after them. */
  #line = 0;
  #lineIsEmpty = true;
  #endedWithReturn = false;
  #eventHasData = false;

  constructor(budget: AnswerBudget) {
    this.#budget = budget;
  }

  /** Throws what the budget throws. */
  take(chunk: Uint8Array): void {
    this.#budget.takeBytes(chunk.length);
    const start = this.#kind === "unknown" ? this.#recognise(chunk) : 0;
    if (this.#kind === "document") this.#readJson(chunk, start);
    else if (this.#kind === "stream") this.#readStream(chunk, start);
  }

  /** The headers say that this is an event stream. */
  expectStream(): void {
    if (this.#kind === "document") this.#budget.refuse();
    this.#kind = "stream";
  }

  #recognise(chunk: Uint8Array): number {
    let at = 0;
    while (at < chunk.length && (isBlank(chunk[at]) || byteOrderMark.includes(chunk[at] ?? 0))) at += 1;
    if (at < chunk.length) {
      this.#isBatch = chunk[at] === openBracket;
      this.#kind = this.#isBatch || chunk[at] === openBrace ? "document" : "stream";
    }
    return at;
  }

  #readStream(chunk: Uint8Array, start: number): void {
    for (let at = start; at < chunk.length; at += 1) {
      if (this.#line === inData) at = this.#readJson(chunk, at);
      if (at === chunk.length) return;
      const byte = chunk[at] ?? 0;
      if (isLineEnd(byte)) {
        // CR LF is one end of a line, also when it comes in two pieces.
        if (byte === carriageReturn || !this.#endedWithReturn) this.#endLine();
        this.#endedWithReturn = byte === carriageReturn;
      } else this.#readFieldName(byte);
    }
  }

  #readFieldName(byte: number): void {
    this.#endedWithReturn = false;
    this.#lineIsEmpty = false;
    if (this.#line === inOtherField) return;
    if (byte === dataField[this.#line]) this.#line += 1;
    // A stream may begin with a byte order mark.
    else if (!byteOrderMark.includes(byte)) this.#line = inOtherField;
    if (this.#line === inData) this.#eventHasData = true;
  }

  #endLine(): void {
    this.#inString = false;
    this.#isEscaped = false;
    if (this.#lineIsEmpty) {
      if (this.#eventHasData) this.#budget.takeMessage();
      this.#eventHasData = false;
      this.#depth = 0;
    }
    this.#line = 0;
    this.#lineIsEmpty = true;
  }

  /** To the end of the chunk or, in a stream, of the line. Answers where that is. */
  #readJson(chunk: Uint8Array, start: number): number {
    const { length } = chunk;
    const endsWithLine = this.#kind === "stream";
    let at = start;
    let inString = this.#inString;
    if (this.#isEscaped && !isLineEnd(chunk[at] ?? 0)) at += 1;
    this.#isEscaped = false;
    for (; at < length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (matters[byte] === 0) continue;
      if (byte === quote) inString = !inString;
      else if (isLineEnd(byte)) {
        if (endsWithLine) break;
      } else if (!inString) this.#nest(byte);
      else if (byte === backslash) {
        if (at + 1 === length) this.#isEscaped = true;
        else if (!isLineEnd(chunk[at + 1] ?? 0)) at += 1;
      }
    }
    this.#inString = inString;
    return at;
  }

  #nest(byte: number): void {
    if (byte === openBrace || byte === openBracket) {
      if (this.#isBatch && this.#depth === 1) this.#budget.takeMessage();
      this.#depth += 1;
      this.#budget.takeNested(this.#isBatch ? this.#depth - 1 : this.#depth);
    } else if (byte !== backslash && this.#depth > 0) this.#depth -= 1;
  }
}
