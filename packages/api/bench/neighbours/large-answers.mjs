// What hostile servers send: as much as the limits allow, or more.
import { randomBytes } from "node:crypto";

/** Text that cannot be compressed. */
export const noise = (length) =>
  randomBytes(Math.ceil(length * 0.75))
    .toString("base64")
    .slice(0, length);

/** A list of nearly 4 MiB that cannot be compressed, each time another one. */
export const largeTools = () =>
  Array.from({ length: 60 }, (_, at) => ({
    name: `tool-${at}`,
    inputSchema: { type: "object", enum: [noise(65_000)] },
  }));

export const reply = (contentType, body) => ({ kind: "reply", headers: { "content-type": contentType }, body });

/** Answers as JSON, with this text for a value in them. */
export const resultWith = (value) =>
  reply(
    "application/json",
    `{"jsonrpc":"2.0","id":"<id>","result":{"content":[],"structuredContent":{"in":${value}}}}`,
  );
export const listWith = (value) =>
  reply("application/json", `{"jsonrpc":"2.0","id":"<id>","result":{"tools":[{"name":"whoami","in":${value}}]}}`);

/** A list of about so many bytes with as many members as possible. */
export const digits = (bytes) => `[${"1,".repeat(bytes / 2 - 1)}1]`;

const notification = JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info" } });
/** A stream for a reader of events. For a reader of JSON, all of it is the beginning of one text. */
export const ambiguous = `{"x\n\n${`data: ${notification}\n\n`.repeat(40_000)}`;

const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
export const deepEvent = `data: ${resultWith(deep).body}\n\n`;

/**
 * Tools whose results take long to check. Each has a schema of its own, because one that takes too long is remembered.
 */
export const costlyTools = Array.from({ length: 600 }, (_, at) => ({
  name: `costly-${at}`,
  outputSchema: { type: "object", properties: { text: { pattern: `^(a+)+${at}$` } } },
}));
export const costlyResult = { structuredContent: { text: `${"a".repeat(60)}!` } };
