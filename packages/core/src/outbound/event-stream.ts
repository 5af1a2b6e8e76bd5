import { Gathered } from "./gathered.js";

/** One event of a stream (WHATWG HTML, server-sent events). */
export interface ServerSentEvent {
  /** `message` unless the server names another. */
  type: string;
  /** The id that came with this event; empty if none did. */
  id: string;
  /** The data lines, joined by line feeds. */
  data: Bytes;
  /** How many lines the data has. */
  lines: number;
}

type Bytes = Uint8Array<ArrayBuffer>;

const [lineFeed, carriageReturn, colon, space, zero, nine] = [0x0a, 0x0d, 0x3a, 0x20, 0x30, 0x39];
const [data, event, id, retry] = [Buffer.from("data"), Buffer.from("event"), Buffer.from("id"), Buffer.from("retry")];
const byteOrderMark = [0xef, 0xbb, 0xbf];
const empty: Bytes = new Uint8Array();
const joint: Bytes = Uint8Array.of(lineFeed);

/** How many bytes of a line are looked at one by one. Most lines end there, and a search would cost more. */
const shortLineBytes = 64;

interface EventStreamOptions {
  /** Called with the size (bytes) of an event that is not complete. Throws to end the reading. */
  onGrowth?: (bytes: number) => void;
  onEvent: (event: ServerSentEvent) => void;
  /** Gets the digits of a `retry` field: a time in ms. */
  onRetry?: (digits: Bytes) => void;
}

/**
 * Reads an event stream (WHATWG HTML, server-sent events). It is the only reader: what leaves it as bytes has been
 * written by {@link eventBytes}, so that a second reader cannot see anything else. An id counts for the event that it
 * comes with. A block without data lines is not an event. One that the stream does not finish is dropped.
 */
export class EventStreamReader {
  readonly #options: EventStreamOptions;
  /** The beginning of the line whose end has not arrived. */
  #line = new Gathered();
  #isFirstLine = true;
  #endedWithReturn = false;
  #data = new Gathered();
  #lines = 0;
  #type = empty;
  #id = empty;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** Reads the next bytes. Throws what a callback throws. */
  take(chunk: Bytes): void {
    const { length } = chunk;
    // CR LF is a single line end, even when split across two chunks.
    let start = this.#endedWithReturn && chunk[0] === lineFeed ? 1 : 0;
    if (length > 0) this.#endedWithReturn = false;
    while (start < length) {
      const end = endOfLine(chunk, start);
      if (end === length) break;
      this.#endLine(chunk, start, end);
      start = end + 1;
      if (chunk[end] === lineFeed) continue;
      if (start === length) this.#endedWithReturn = true;
      else if (chunk[start] === lineFeed) start += 1;
    }
    if (start < length) this.#line.add(chunk.subarray(start));
    this.#options.onGrowth?.(this.#line.length + this.#data.length);
  }

  #endLine(chunk: Bytes, start: number, end: number): void {
    if (this.#line.length === 0) this.#readLine(chunk, start, end);
    else {
      this.#line.add(chunk.subarray(start, end));
      const { bytes } = this.#line;
      this.#line = new Gathered();
      this.#readLine(bytes, 0, bytes.length);
    }
  }

  #readLine(bytes: Bytes, from: number, end: number): void {
    let start = from;
    if (this.#isFirstLine) {
      this.#isFirstLine = false;
      if (byteOrderMark.every((byte, at) => bytes[from + at] === byte)) start += byteOrderMark.length;
    }
    if (start === end) this.#endEvent();
    else if (isField(data, bytes, start, end)) {
      if (this.#lines > 0) this.#data.add(joint);
      this.#lines += 1;
      this.#data.add(valueIn(data, bytes, start, end));
    } else if (isField(event, bytes, start, end)) this.#type = valueIn(event, bytes, start, end);
    else if (isField(id, bytes, start, end)) {
      const value = valueIn(id, bytes, start, end);
      if (!value.includes(0)) this.#id = value;
    } else if (isField(retry, bytes, start, end)) this.#readRetry(valueIn(retry, bytes, start, end));
  }

  #readRetry(value: Bytes): void {
    if (value.length > 0 && value.every(isDigit)) this.#options.onRetry?.(value);
  }

  #endEvent(): void {
    const [type, id] = [this.#type, this.#id];
    this.#type = this.#id = empty;
    const lines = this.#lines;
    if (lines === 0) return;
    const { bytes } = this.#data;
    this.#data = new Gathered();
    this.#lines = 0;
    this.#options.onEvent({ type: type.length === 0 ? "message" : text(type), id: text(id), data: bytes, lines });
  }
}

const isDigit = (byte: number) => byte >= zero && byte <= nine;

/** The position of the next line end, or the length if the line has not ended. */
function endOfLine(bytes: Bytes, start: number): number {
  const { length } = bytes;
  const near = Math.min(start + shortLineBytes, length);
  for (let at = start; at < near; at += 1) {
    if (bytes[at] === lineFeed || bytes[at] === carriageReturn) return at;
  }
  if (near === length) return length;
  const feed = bytes.indexOf(lineFeed, near);
  const end = feed === -1 ? length : feed;
  const back = bytes.subarray(near, end).indexOf(carriageReturn);
  return back === -1 ? end : near + back;
}

/** Whether the line has this name: up to its first colon, or as a whole. */
function isField(name: Bytes, line: Bytes, start: number, end: number): boolean {
  const after = start + name.length;
  if (after > end || (after < end && line[after] !== colon)) return false;
  for (let at = 0; at < name.length; at += 1) if (line[start + at] !== name[at]) return false;
  return true;
}

function valueIn(name: Bytes, line: Bytes, start: number, end: number): Bytes {
  const after = start + name.length + 1;
  if (after >= end) return empty;
  return line.subarray(line[after] === space ? after + 1 : after, end);
}

const text = (bytes: Bytes) =>
  bytes.length === 0 ? "" : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();

/** An event as every reader of event streams reads it: one field a line, one space after each colon, line feeds only. */
export function eventBytes({ type, id, data, lines }: ServerSentEvent): Bytes {
  const before = `${type === "message" ? "" : `event: ${type}\n`}${id === "" ? "" : `id: ${id}\n`}data: `;
  const start = Buffer.from(before);
  if (lines === 1) return Buffer.concat([start, data, endOfEvent]);
  const out = Buffer.alloc(start.length + data.length + (lines - 1) * (nextDataLine.length - 1) + endOfEvent.length);
  out.set(start);
  let at = start.length;
  for (const byte of data) {
    if (byte === lineFeed) {
      out.set(nextDataLine, at);
      at += nextDataLine.length;
    } else {
      out[at] = byte;
      at += 1;
    }
  }
  out.set(endOfEvent, at);
  return out;
}

const [nextDataLine, endOfEvent, retryField] = [Buffer.from("\ndata: "), Buffer.from("\n\n"), Buffer.from("retry: ")];

/** A server's wish to wait for so many ms before the stream is resumed. */
export const retryBytes = (digits: Bytes): Bytes => Buffer.concat([retryField, digits, endOfEvent]);
