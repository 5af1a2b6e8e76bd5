/**
 * The budget that a meter counts against, shared by all answers of a step. Each method throws when a limit is exceeded.
 */
export interface AnswerBudget {
  /** Counts bytes that have arrived. */
  takeBytes(count: number): void;
  /** Counts one message. */
  takeMessage(): void;
  /** An object or array begins. `depth` counts it and those around it, but not the array of a batch. */
  takeNested(depth: number): void;
  /** The first bytes contradict the headers. */
  refuse(): never;
}

const [newline, carriageReturn, space, tab, quote, backslash] = [0x0a, 0x0d, 0x20, 0x09, 0x22, 0x5c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const byteOrderMark = [0xef, 0xbb, 0xbf];

/** The bytes that begin or end a string, an object, an array or a line. All other bytes are skipped. */
const isStructural = new Uint8Array(256);
for (const byte of [openBrace, closeBrace, openBracket, closeBracket, quote, backslash, newline, carriageReturn])
  isStructural[byte] = 1;

const isLineEnd = (byte: number) => byte === newline || byte === carriageReturn;
const isBlank = (byte = 0) => byte === space || byte === tab || isLineEnd(byte);

/** The name and colon of the only event field whose value is parsed (WHATWG HTML, server-sent events). */
const dataField = [...Buffer.from("data:")];
const [inData, inOtherField] = [dataField.length, -1];

/**
 * Measures an answer before it is parsed: its bytes, its messages, and how deep its JSON is nested. The answer is a
 * JSON document, or an event stream with a document in each event. Until the headers say which, the first byte decides.
 * The meter makes one pass, and neither copies nor keeps what it reads.
 */
export class McpAnswerMeter {
  readonly #budget: AnswerBudget;
  #kind: "unknown" | "document" | "stream" = "unknown";
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  /** A batch (JSON-RPC 2.0 §6): each member of the outermost array is a message. */
  #isBatch = false;
  /**
   * In a stream: how many bytes of {@link dataField} the current line has matched so far. {@link inData} once all have
   * matched, {@link inOtherField} once one has not.
   */
  #line = 0;
  #lineIsEmpty = true;
  #endedWithReturn = false;
  #eventHasData = false;

  constructor(budget: AnswerBudget) {
    this.#budget = budget;
  }

  /** Counts a chunk. Throws the budget's errors. */
  take(chunk: Uint8Array): void {
    this.#budget.takeBytes(chunk.length);
    const start = this.#kind === "unknown" ? this.#recognise(chunk) : 0;
    if (this.#kind === "document") this.#readJson(chunk, start);
    else if (this.#kind === "stream") this.#readStream(chunk, start);
  }

  /** To be called when the headers say that this is an event stream. */
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
        // CR LF is a single line end, even when split across two chunks.
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

  /** Reads to the end of the chunk or, in a stream, of the line. Returns the position where it stopped. */
  #readJson(chunk: Uint8Array, start: number): number {
    const { length } = chunk;
    const endsWithLine = this.#kind === "stream";
    let at = start;
    let inString = this.#inString;
    if (this.#isEscaped && !isLineEnd(chunk[at] ?? 0)) at += 1;
    this.#isEscaped = false;
    for (; at < length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (isStructural[byte] === 0) continue;
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
