import { Gathered } from "./gathered.js";

/** One event of a stream (WHATWG HTML, server-sent events). */
export interface ServerSentEvent {
  /** `message` unless the server names another. */
  type: string;
  /** The id that came with this event; empty if none did. */
  id: string;
  /** The data lines, joined by line feeds. */
  data: Uint8Array<ArrayBuffer>;
}

type Bytes = Uint8Array<ArrayBuffer>;

const [lineFeed, carriageReturn, colon, space] = [0x0a, 0x0d, 0x3a, 0x20];
const joint: Bytes = Uint8Array.of(lineFeed);
const byteOrderMark = [0xef, 0xbb, 0xbf];

interface EventStreamOptions {
  /** Called with the size (bytes) of an event that is not complete. Throws to end the reading. */
  onGrowth?: (bytes: number) => void;
  onEvent: (event: ServerSentEvent) => void;
  /** Gets the digits of a `retry` field: a time in ms. */
  onRetry?: (digits: string) => void;
}

/**
 * Reads an event stream (WHATWG HTML, server-sent events). It is the only reader: what leaves it as bytes has been
 * written by {@link eventBytes}, so that a second reader cannot see anything else. An event without data lines is not
 * an event. One that the stream does not finish is dropped.
 */
export class EventStreamReader {
  readonly #options: EventStreamOptions;
  /** The beginning of the line whose end has not arrived. */
  #line = new Gathered();
  #isFirstLine = true;
  #endedWithReturn = false;
  #data = new Gathered();
  #dataLines = 0;
  #type = "";
  #id = "";

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** Reads the next bytes. Throws what a callback throws. */
  take(chunk: Bytes): void {
    let at = 0;
    // CR LF is a single line end, even when split across two chunks.
    if (this.#endedWithReturn && chunk.length > 0) {
      if (chunk[0] === lineFeed) at = 1;
      this.#endedWithReturn = false;
    }
    let nextReturn = chunk.indexOf(carriageReturn, at);
    for (;;) {
      if (nextReturn !== -1 && nextReturn < at) nextReturn = chunk.indexOf(carriageReturn, at);
      const nextFeed = chunk.indexOf(lineFeed, at);
      const endsWithReturn = nextReturn !== -1 && (nextFeed === -1 || nextReturn < nextFeed);
      const end = endsWithReturn ? nextReturn : nextFeed;
      if (end === -1) break;
      this.#endLine(chunk.subarray(at, end));
      at = end + 1;
      if (!endsWithReturn) continue;
      if (at === chunk.length) this.#endedWithReturn = true;
      else if (chunk[at] === lineFeed) at += 1;
    }
    if (at < chunk.length) this.#line.add(chunk.subarray(at));
    this.#options.onGrowth?.(this.#line.length + this.#data.length);
  }

  #endLine(rest: Bytes): void {
    let line = rest;
    if (this.#line.length > 0) {
      this.#line.add(rest);
      line = this.#line.bytes;
      this.#line = new Gathered();
    }
    if (this.#isFirstLine) {
      this.#isFirstLine = false;
      if (byteOrderMark.every((byte, at) => line[at] === byte)) line = line.subarray(byteOrderMark.length);
    }
    if (line.length === 0) this.#endEvent();
    else this.#readField(line);
  }

  #readField(line: Bytes): void {
    const at = line.indexOf(colon);
    const end = at === -1 ? line.length : at;
    const value = at === -1 ? empty : line.subarray(line[at + 1] === space ? at + 2 : at + 1);
    switch (end > maxNameBytes ? "" : text(line.subarray(0, end))) {
      case "data":
        if (this.#dataLines > 0) this.#data.add(joint);
        this.#dataLines += 1;
        this.#data.add(value);
        return;
      case "event":
        this.#type = text(value);
        return;
      case "id":
        if (!value.includes(0)) this.#id = text(value);
        return;
      case "retry":
        if (/^\d+$/.test(text(value))) this.#options.onRetry?.(text(value));
    }
  }

  #endEvent(): void {
    const [type, id, data, isEvent] = [this.#type || "message", this.#id, this.#data, this.#dataLines > 0];
    this.#type = "";
    this.#id = "";
    if (!isEvent) return;
    this.#data = new Gathered();
    this.#dataLines = 0;
    this.#options.onEvent({ type, id, data: data.bytes });
  }
}

const empty: Bytes = new Uint8Array();
/** No field has a longer name. */
const maxNameBytes = 5;

const text = (bytes: Bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();

/** An event as every reader of event streams reads it: one field a line, one space after each colon, line feeds only. */
export function eventBytes({ type, id, data }: ServerSentEvent): Uint8Array<ArrayBuffer> {
  const before = `${type === "message" ? "" : `event: ${type}\n`}${id === "" ? "" : `id: ${id}\n`}data: `;
  const parts: Uint8Array[] = [Buffer.from(before)];
  let at = 0;
  for (let end = data.indexOf(lineFeed); end !== -1; end = data.indexOf(lineFeed, at)) {
    parts.push(data.subarray(at, end), nextDataLine);
    at = end + 1;
  }
  parts.push(data.subarray(at), endOfEvent);
  return Buffer.concat(parts);
}

const [nextDataLine, endOfEvent] = [Buffer.from("\ndata: "), Buffer.from("\n\n")];

/** A server's wish to wait for so many milliseconds before the stream is resumed. */
export const retryBytes = (digits: string): Uint8Array<ArrayBuffer> => Buffer.from(`retry: ${digits}\n\n`);
