/** One event of a stream of Server-Sent Events. */
export interface Frame {
  event: string;
  /** Undefined if the frame has none. */
  id: string | undefined;
  data: string;
}

/** Reads Server-Sent Events from text that arrives in pieces (HTML standard, 9.2.6). */
export class FrameReader {
  /** What of the last line has arrived. */
  #rest = "";
  #event = "";
  #id: string | undefined;
  #data: string[] = [];
  readonly #comment: (text: string) => void;

  /** `comment` gets every comment of the stream. */
  constructor(comment: (text: string) => void) {
    this.#comment = comment;
  }

  /** The frames that are complete with this piece. */
  push(piece: string): Frame[] {
    // Only then is there a line, and a long one need not be searched at every piece.
    const hasLine = /[\r\n]/.test(piece) || this.#rest.endsWith("\r");
    this.#rest += piece;
    if (!hasLine) return [];
    // A CR at the end may be half of a CRLF.
    const lines = this.#rest.split(/\r\n|\n|\r(?=[^\n])/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): Frame[] {
    if (line === "") return this.#end();
    const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === "") this.#comment(value);
    else if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    return [];
  }

  #end(): Frame[] {
    const frame = { event: this.#event, id: this.#id, data: this.#data.join("\n") };
    const isFrame = this.#data.length > 0;
    this.#event = "";
    this.#id = undefined;
    this.#data = [];
    return isFrame ? [frame] : [];
  }
}
