import { expect, test } from "vitest";
import { EventStreamReader, eventBytes } from "./event-stream.js";

/** The events in a stream that arrives in pieces of `size` bytes, and the times to wait that it asks for. */
function read(stream: string | Buffer, size = Number.POSITIVE_INFINITY) {
  const found: unknown[] = [];
  const written: Uint8Array[] = [];
  const reader = new EventStreamReader({
    onEvent: (event) => {
      const { type, id, data } = event;
      found.push([type, id, Buffer.from(data).toString()]);
      written.push(eventBytes(event));
    },
    onRetry: (digits) => found.push(Buffer.from(digits).toString()),
  });
  const bytes = new Uint8Array(Buffer.from(stream));
  for (let at = 0; at < bytes.length; at += size) reader.take(bytes.subarray(at, at + size));
  return { found, written: Buffer.concat(written).toString() };
}

const long = "x".repeat(200);

// WHATWG HTML, server-sent events: "Parsing an event stream" and "Interpreting an event stream".
test.each<[string, string | Buffer, unknown[]]>([
  ["an event", "data: a\n\n", [["message", "", "a"]]],
  ["no space after the colon", "data:a\n\n", [["message", "", "a"]]],
  ["only one space is removed", "data:  a\n\n", [["message", "", " a"]]],
  [
    "lines that end with CR LF",
    "data: a\r\n\r\ndata: b\r\n\r\n",
    [
      ["message", "", "a"],
      ["message", "", "b"],
    ],
  ],
  [
    "lines that end with CR",
    "data: a\r\rdata: b\r\r",
    [
      ["message", "", "a"],
      ["message", "", "b"],
    ],
  ],
  [
    "lines that end in different ways",
    "data: a\r\n\ndata: b\n\r\ndata: c\r\n\r",
    [
      ["message", "", "a"],
      ["message", "", "b"],
      ["message", "", "c"],
    ],
  ],
  ["long lines", `data: ${long}\r\n: ${long}\ndata: ${long}\r\r`, [["message", "", `${long}\n${long}`]]],
  ["data in several lines", "data: a\ndata:\ndata\ndata: b\n\n", [["message", "", "a\n\n\nb"]]],
  ["an event with empty data", "data\n\n", [["message", "", ""]]],
  [
    "a type and an id",
    "event: end\nid: 7\ndata: a\n\ndata: b\n\n",
    [
      ["end", "7", "a"],
      ["message", "", "b"],
    ],
  ],
  ["the last type and the last id", "event: a\nid: 1\nevent: b\nid: 2\ndata: c\n\n", [["b", "2", "c"]]],
  ["an empty type", "event: a\nevent:\ndata: b\n\n", [["message", "", "b"]]],
  ["an id with NUL, which is ignored", "id: 1\nid: a\u0000\ndata: b\n\n", [["message", "1", "b"]]],
  ["a block without data, which is no event", "event: a\nid: 1\n\ndata: b\n\n", [["message", "", "b"]]],
  ["comments", ": a\n:\n:data: b\n\ndata: c\n: d\n\n", [["message", "", "c"]]],
  ["fields of other names", "dat: a\ndataa: b\nDATA: c\n data: d\n: e\nx\n\n", []],
  ["a time to wait", "retry: 10\nretry: 010\nretry:\nretry: -1\nretry: 1e3\nretry: 1 \n", ["10", "010"]],
  ["a byte order mark", "\ufeffdata: a\n\n", [["message", "", "a"]]],
  ["a byte order mark and nothing else", "\ufeff\n\ndata: a\n\n", [["message", "", "a"]]],
  ["a second byte order mark", "\ufeff\ufeffdata: a\n\n", []],
  ["a byte order mark that comes later", "\n\ufeffdata: a\n\n", []],
  ["letters like a byte order mark", "\u00ef\u00bb\u00bfdata: a\n\n", []],
  ["an event that does not end", "data: a\n\ndata: b\n", [["message", "", "a"]]],
  ["letters of several bytes", "event: ü\nid: 😀\ndata: €\n\n", [["ü", "😀", "€"]]],
  [
    "a letter that is cut",
    Buffer.from([...Buffer.from("data: a"), 0xe2, 0x82, 0x0a, 0x0a]),
    [["message", "", "a\ufffd"]],
  ],
  ["nothing", "", []],
])("%s is read alike however it is split, and as it is written again", (_what, stream, expected) => {
  for (const size of [1, 2, 3, 7, 65, 1_000]) expect(read(stream, size).found).toEqual(expected);
  const events = expected.filter((found) => Array.isArray(found));
  expect(read(read(stream).written).found).toEqual(events);
});
