/** What a {@link JsonMeter} counts against. Each method throws when a limit is exceeded. */
export interface JsonBudget {
  /** An object or array begins. `depth` counts it and those around it, but not the array of a batch. */
  takeNested(depth: number): void;
  /** Counts members of objects and arrays. */
  takeMembers(count: number): void;
  /** Counts one message. */
  /** Counts a message; one that is an event of a stream with its data. */
  takeMessage(event?: Uint8Array): void;
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** White space (RFC 8259 §2), and the bytes of a byte order mark, which a decoder removes. */
const isBlank = new Uint8Array(256);
for (const byte of [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]) isBlank[byte] = 1;

/** The bytes that mean something outside strings. All others are skipped. */
const isStructural = new Uint8Array(256);
for (const byte of [openBrace, closeBrace, openBracket, closeBracket, quote, comma]) isStructural[byte] = 1;

/**
 * Measures a JSON document (RFC 8259) before it is parsed: how deep it is nested and how many members it has. Parsing a
 * member takes as much memory and time as hundreds of bytes of a text. The meter makes one pass, and neither copies nor
 * keeps what it reads. A text that does not begin like an object or an array has neither, or is no JSON.
 */
export class JsonMeter {
  readonly #budget: JsonBudget;
  #kind: "unknown" | "json" | "other" = "unknown";
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  /** A batch (JSON-RPC 2.0 §6): each member of the outermost array is a message. */
  #isBatch = false;

  constructor(budget: JsonBudget) {
    this.#budget = budget;
  }

  /** Reads the next bytes. Throws the budget's errors. */
  take(chunk: Uint8Array): void {
    const start = this.#kind === "unknown" ? this.#recognise(chunk) : 0;
    if (this.#kind === "json") this.#read(chunk, start);
  }

  #recognise(chunk: Uint8Array): number {
    let at = 0;
    while (at < chunk.length && isBlank[chunk[at] ?? 0]) at += 1;
    if (at === chunk.length) return at;
    this.#isBatch = chunk[at] === openBracket;
    this.#kind = this.#isBatch || chunk[at] === openBrace ? "json" : "other";
    return at;
  }

  #read(chunk: Uint8Array, start: number): void {
    const { length } = chunk;
    let at = this.#isEscaped && start < length ? start + 1 : start;
    if (start < length) this.#isEscaped = false;
    let members = 0;
    while (at < length) {
      if (this.#inString) at = this.#skipString(chunk, at);
      else {
        const byte = chunk[at] ?? 0;
        at += 1;
        if (isStructural[byte] === 0) continue;
        if (byte === quote) this.#inString = true;
        else if (byte === comma) members += 1;
        else if (byte === openBrace || byte === openBracket) {
          members += 1;
          this.#open();
        } else if (this.#depth > 0) this.#depth -= 1;
      }
    }
    if (members > 0) this.#budget.takeMembers(members);
  }

  /** Returns the position after the string, or the end of the chunk. */
  #skipString(chunk: Uint8Array, start: number): number {
    const { length } = chunk;
    for (let at = start; at < length; at += 1) {
      const byte = chunk[at];
      if (byte === quote) {
        this.#inString = false;
        return at + 1;
      }
      if (byte === backslash) {
        at += 1;
        this.#isEscaped = at === length;
      }
    }
    return length;
  }

  #open(): void {
    if (this.#isBatch && this.#depth === 1) this.#budget.takeMessage();
    this.#depth += 1;
    this.#budget.takeNested(this.#isBatch ? this.#depth - 1 : this.#depth);
  }
}
