import { expect, test, vi } from "vitest";
import { type Frame, FrameReader } from "./frames.js";

const text = [
  "retry: 500",
  "",
  ": user abc",
  "",
  "event: connection",
  "id: 1-0",
  'data: {"a":',
  "data: 1}",
  "",
  "data:no space",
  "unknown: field",
  "id: 2\0-0",
  "",
  "event: empty",
  "",
  "data",
  "",
  ":heartbeat",
  "event: error",
  "data: {}",
  "",
  "data: not complete",
];

const frames: Frame[] = [
  { event: "connection", id: "1-0", data: '{"a":\n1}' },
  { event: "", id: undefined, data: "no space" },
  { event: "", id: undefined, data: "" },
  { event: "error", id: undefined, data: "{}" },
];

test.each([
  ["LF", "\n"],
  ["CRLF", "\r\n"],
  ["CR", "\r"],
])("frames are read as a browser reads them, however their text is cut, with lines that end in %s", (_name, end) => {
  const whole = text.join(end);
  for (const size of [1, 2, 3, 7, whole.length]) {
    const comment = vi.fn();
    const reader = new FrameReader(comment);
    const read: Frame[] = [];
    for (let at = 0; at < whole.length; at += size) read.push(...reader.push(whole.slice(at, at + size)));
    expect(read, `in pieces of ${size}`).toEqual(frames);
    expect(comment.mock.calls).toEqual([["user abc"], ["heartbeat"]]);
  }
});
