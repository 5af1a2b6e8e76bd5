import { expect, test } from "vitest";
import { McpAnswerMeter } from "./answer-meter.js";

interface Counted {
  bytes: number;
  messages: number;
  depth: number;
  refused: boolean;
}

/** What a meter counts in an answer that arrives in pieces of `size` bytes. */
function count(text: string, { size, isStream }: { size: number; isStream?: boolean }): Counted {
  const counted = { bytes: 0, messages: 0, depth: 0, refused: false };
  const meter = new McpAnswerMeter({
    takeBytes: (bytes) => {
      counted.bytes += bytes;
    },
    takeMessage: () => {
      counted.messages += 1;
    },
    takeNested: (depth) => {
      counted.depth = Math.max(counted.depth, depth);
    },
    refuse: () => {
      counted.refused = true;
      throw new Error("refused");
    },
  });
  if (isStream) meter.expectStream();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) meter.take(bytes.subarray(at, at + size));
  return counted;
}

const sizes = [1, 2, 3, 7, 1_000];

test.each([
  ["a document", '{"a":[{"b":1}]}', { depth: 3, messages: 0 }],
  ["brackets in strings", '{"a":"[[[[","b\\"[[":"\\\\","c":[]}', { depth: 2, messages: 0 }],
  ["an escaped quote before brackets", '{"a":"\\"[[[[[[\\""}', { depth: 1, messages: 0 }],
  ["a document over several lines", '\n{\r\n"a":\n\n[\n\n[]]}', { depth: 3, messages: 0 }],
  ["a byte order mark", '\ufeff{"a":[]}', { depth: 2, messages: 0 }],
  ["a batch", ' [{"a":1},{"b":[]},[2]]', { depth: 2, messages: 3 }],
  ["an array of numbers", "[1,2,3]", { depth: 0, messages: 0 }],
  ["letters of several bytes", '{"ü":"€[[","😀":[]}', { depth: 2, messages: 0 }],
])("%s is counted as JSON.parse would read it, however it is split", (_what, text, expected) => {
  for (const size of sizes) {
    expect(count(text, { size })).toEqual({ ...expected, bytes: Buffer.byteLength(text), refused: false });
  }
});

test.each([
  ["events", 'data: {"a":[]}\n\ndata: {"b":1}\n\n', { depth: 2, messages: 2 }],
  ["events with other line ends", 'data:{"a":[]}\r\n\r\ndata: {}\r\rdata: {}\n\n', { depth: 2, messages: 3 }],
  [
    "comments, ids and names",
    ': [[[ "\nid: "[[\nevent: [[[\nretry: 10\ndata: {}\n\n: [[\n\n',
    { depth: 1, messages: 1 },
  ],
  ["an event over several lines", 'data: {"a":\ndata: [[]]}\n\n', { depth: 3, messages: 1 }],
  [
    "brackets in another field that seem to close the nesting",
    "data: [[[\n: ]]]\ndata: [[[\n\n",
    { depth: 6, messages: 1 },
  ],
  ["brackets that a string seems to hide", 'data: "\ndata: [[[[\n\n', { depth: 4, messages: 1 }],
  ["brackets after an escaped line end", 'data: "\\\ndata: [[[[\n\n', { depth: 4, messages: 1 }],
  ["a field that only begins like data", "database: [[[\ndat: [[\ndata\n\n", { depth: 0, messages: 0 }],
  ["a byte order mark", "\ufeffdata: [[]]\n\n", { depth: 2, messages: 1 }],
  ["events without data", "id: 1\n\nid: 2\n\n", { depth: 0, messages: 0 }],
  ["an event that has not ended", "data: [[", { depth: 2, messages: 0 }],
])("%s in a stream: counted as an event stream parser would read it", (_what, text, expected) => {
  for (const size of sizes) {
    for (const isStream of [true, false]) {
      expect(count(text, { size, isStream })).toEqual({
        ...expected,
        bytes: Buffer.byteLength(text),
        refused: false,
      });
    }
  }
});

test("an answer that begins as a document is refused when its headers call it a stream", () => {
  const meter = new McpAnswerMeter({
    takeBytes: () => undefined,
    takeMessage: () => undefined,
    takeNested: () => undefined,
    refuse: () => {
      throw new Error("refused");
    },
  });
  meter.take(Buffer.from('{"a":"'));
  expect(() => meter.expectStream()).toThrow("refused");
});

test("an error of the budget ends the reading", () => {
  const meter = new McpAnswerMeter({
    takeBytes: () => undefined,
    takeMessage: () => undefined,
    takeNested: (depth) => {
      if (depth > 64) throw new Error("too deep");
    },
    refuse: () => {
      throw new Error("refused");
    },
  });
  expect(() => meter.take(Buffer.from("[".repeat(100_000)))).toThrow("too deep");
});
