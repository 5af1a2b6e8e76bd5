import { expect, test } from "vitest";
import { EventStreamReader } from "../outbound/event-stream.js";
import { DocumentMeter, StreamMeter } from "./answer-meter.js";

interface Counted {
  bytes: number;
  messages: number;
  depth: number;
  members: number;
  lines: number;
}

function counting() {
  const counted: Counted = { bytes: 0, messages: 0, depth: 0, members: 0, lines: 0 };
  const budget = {
    takeBytes: (bytes: number) => {
      counted.bytes += bytes;
    },
    takeMessage: () => {
      counted.messages += 1;
    },
    takeNested: (depth: number) => {
      counted.depth = Math.max(counted.depth, depth);
    },
    takeLines: (lines: number) => {
      counted.lines += lines;
    },
    takeMembers: (members: number) => {
      counted.members += members;
    },
  };
  return { counted, budget };
}

/** What a meter counts in an answer that arrives in pieces of `size` bytes. */
function count(text: string, { size, isStream }: { size: number; isStream?: boolean }): Counted {
  const { counted, budget } = counting();
  const meter = isStream ? new StreamMeter(budget, () => undefined) : new DocumentMeter(budget);
  const reader = new EventStreamReader({ onEvent: (event) => meter instanceof StreamMeter && meter.event(event) });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    meter.take(piece);
    if (isStream) reader.take(piece);
  }
  return counted;
}

const sizes = [1, 2, 3, 7, 1_000];

test.each([
  ["a document", '{"a":[{"b":1}]}', { depth: 3, messages: 0, members: 3 }],
  ["members without a name", "[1,2,[],{},null]", { depth: 1, messages: 2, members: 7 }],
  ["commas and brackets in strings", '{"a":"[,[,[[","b\\"[[":"\\\\","c":[]}', { depth: 2, messages: 0, members: 4 }],
  ["an escaped quote before brackets", '{"a":"\\"[[,[[[[\\""}', { depth: 1, messages: 0, members: 1 }],
  ["a document over several lines", '\n{\r\n"a":\n\n[\n\n[]]}', { depth: 3, messages: 0, members: 3 }],
  ["a byte order mark", '\ufeff{"a":[]}', { depth: 2, messages: 0, members: 2 }],
  ["a batch", ' [{"a":1},{"b":[]},[2]]', { depth: 2, messages: 3, members: 7 }],
  ["an array of numbers", "[1,2,3]", { depth: 0, messages: 0, members: 3 }],
  ["letters of several bytes", '{"ü":"€[[","😀":[]}', { depth: 2, messages: 0, members: 3 }],
  ["a text, which JSON.parse would not read", "<script>[[[{{{,,,</script>", { depth: 0, messages: 0, members: 0 }],
])("%s is counted as JSON.parse would read it, however it is split", (_what, text, expected) => {
  for (const size of sizes)
    expect(count(text, { size })).toEqual({ ...expected, lines: 0, bytes: Buffer.byteLength(text) });
});

test.each([
  ["events", 'data: {"a":[]}\n\ndata: {"b":1}\n\n', { depth: 2, messages: 2, members: 3, lines: 2 }],
  ["other line ends", 'data:{"a":[]}\r\n\r\ndata: {}\r\rdata: {}\n\n', { depth: 2, messages: 3, members: 4, lines: 3 }],
  [
    "comments, ids and names",
    ': [[[ "\nid: "[[\nevent: [[[\nretry: 10\ndata: {}\n\n: [[\n\n',
    { depth: 1, messages: 1, members: 1, lines: 1 },
  ],
  ["an event over several lines", 'data: {"a":\ndata: [[]]}\n\n', { depth: 3, messages: 1, members: 3, lines: 2 }],
  [
    "brackets in another field that seem to close the nesting",
    "data: [[[\n: ]]]\ndata: [[[\n\n",
    { depth: 5, messages: 2, members: 6, lines: 2 },
  ],
  ["a field that only begins like data", "database: [[[\ndat: [[\n\n", { depth: 0, messages: 0, members: 0, lines: 0 }],
  ["a byte order mark", "\ufeffdata: [[]]\n\n", { depth: 1, messages: 2, members: 2, lines: 1 }],
  [
    "three letters that look like a byte order mark",
    "\u00ef\u00bb\u00bfdata: [[]]\n\n",
    { depth: 0, messages: 0, members: 0, lines: 0 },
  ],
  ["events without data", "id: 1\n\nid: 2\n\n", { depth: 0, messages: 0, members: 0, lines: 0 }],
  ["an event that has not ended", "data: [[", { depth: 0, messages: 0, members: 0, lines: 0 }],
])("%s in a stream: counted as an event stream parser would read it", (_what, text, expected) => {
  for (const size of sizes) {
    expect(count(text, { size, isStream: true })).toEqual({ ...expected, bytes: Buffer.byteLength(text) });
  }
});

test("an error of the budget ends the reading", () => {
  const { budget } = counting();
  const takeNested = (depth: number) => {
    if (depth > 64) throw new Error("too deep");
  };
  const meter = new DocumentMeter({ ...budget, takeNested });
  expect(() => meter.take(Buffer.from("[".repeat(100_000)))).toThrow("too deep");
});
