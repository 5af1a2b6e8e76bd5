import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { type FuzzSizes, garbledText } from "@mcp-assistant/testing/fuzz";
import { parseJSONRPCMessage, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import fc from "fast-check";
import { expect } from "vitest";
import { eventsOf } from "../src/outbound/answer-events.js";
import { answerType } from "../src/outbound/answer-kind.js";
import { EventStreamReader } from "../src/outbound/event-stream.js";
import { holds } from "./fuzz.js";

/** What a reader finds in a stream. */
interface Found {
  messages: unknown[];
  ids: string[];
  /** How long (ms) the server wants us to wait before the stream is resumed: its last wish. */
  retryMs: number | undefined;
}

const request = { jsonrpc: "2.0", id: 1, method: "tools/call" } as const;

/** Lets the protocol's SDK read an answer. `error`: it has refused the content type. */
async function readByEngine(
  body: ConstructorParameters<typeof Response>[0],
  contentType: string,
): Promise<Found & { error: unknown }> {
  const found = { messages: [] as unknown[], ids: [] as string[], error: undefined as unknown };
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const transport = new StreamableHTTPClientTransport(new URL("http://server.example/mcp"), {
    fetch: async () => new Response(body, { headers: { "content-type": contentType } }),
    reconnectionScheduler: () => end(),
  });
  transport.onmessage = (message) => found.messages.push(message);
  await transport.start();
  const options = { onresumptiontoken: (id: string) => found.ids.push(id), onRequestStreamEnd: end };
  try {
    await transport.send(request, options);
    if (contentType.startsWith("text/event-stream")) await ended;
  } catch (error) {
    found.error = error;
  }
  return { ...found, retryMs: Reflect.get(transport, "_serverRetryMs") };
}

/** What our own reader finds, with the messages that the SDK would accept. */
function readByUs(chunks: Uint8Array<ArrayBuffer>[]): Found {
  const found: Found = { messages: [], ids: [], retryMs: undefined };
  const reader = new EventStreamReader({
    onEvent: ({ type, id, data }) => {
      if (id !== "") found.ids.push(id);
      if (type === "message")
        found.messages.push(...messageIn(new TextDecoder("utf-8", { ignoreBOM: true }).decode(data)));
    },
    onRetry: (digits) => {
      found.retryMs = Number.parseInt(Buffer.from(digits).toString(), 10);
    },
  });
  for (const chunk of chunks) reader.take(chunk);
  return found;
}

function messageIn(text: string): unknown[] {
  try {
    return [parseJSONRPCMessage(JSON.parse(text))];
  } catch {
    return [];
  }
}

/** The same bytes in pieces of these sizes. */
function inPieces(bytes: Uint8Array<ArrayBuffer>, sizes: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** What the guarded fetch hands on of a stream. */
function handedOn(chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  const body = Readable.from(chunks, { objectMode: false });
  return eventsOf(body, {
    ...{ host: "server.example", meter: undefined, maxEventBytes: Number.POSITIVE_INFINITY },
    ...{ failed: (error) => error, ended: () => undefined },
  });
}

const marks = [
  "",
  "",
  "\ufeff",
  "\ufeff\ufeff",
  "\u00ef\u00bb\u00bf",
  "\ufeff\u00ef\u00bb\u00bf",
  "\n",
  "\u00ef\u00bb",
];
const names = ["data", "data", "data", "event", "id", "retry", "dat", "datax", "DATA", " data", "", "\ufeffdata"];
const ends = ["\n", "\n\n", "\r\n", "\r\n\r\n", "\r", "\r\r", "\n\r", "\r\n\n", ""];
const messages = [
  { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "ï»¿ü😀" } },
  { jsonrpc: "2.0", id: 7, result: { content: [], nested: [[[{}]]] } },
  { jsonrpc: "2.0", id: "1", error: { code: -1, message: "no" } },
].map((message) => JSON.stringify(message));
const values = [
  ...messages,
  '{"jsonrpc":"2.0",',
  '"method":"a"}',
  '{"jsonrpc":"2.0","meth',
  'od":"a"}',
  "message",
  "other",
  "",
  "12",
  "007",
  "1e3",
  "a\u0000b",
];

const line = fc
  .tuple(
    fc.constantFrom(...names),
    fc.constantFrom(": ", ":", "", ":  ", " :"),
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: garbledText }),
    fc.constantFrom(...ends),
  )
  .map((parts) => parts.join(""));

/** A text that two data lines divide: with the line feed between them it is no JSON. */
const divided = fc.constantFrom(...ends).map((end) => `data: {"jsonrpc":"2.0","meth${end || "\n"}data: od":"a"}\n\n`);

const stream = fc.record({
  mark: fc.constantFrom(...marks),
  lines: fc.array(
    fc.oneof({ weight: 8, arbitrary: line }, { weight: 1, arbitrary: divided }, { weight: 1, arbitrary: garbledText }),
    { maxLength: 8 },
  ),
  /** A byte that is put in somewhere, and is part of no character. */
  broken: fc.option(fc.tuple(fc.nat(200), fc.constantFrom(0xff, 0xef, 0xc3, 0x80)), { freq: 4 }),
  sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
});

const tokens = ["text/event-stream", "application/json", "text/html", "text", "/", "a/b/c", "Application/JSON"];
const spaces = ["", "", " ", "\t", "\u00a0", "\u0085", ",", ";", '"', "\u00ef\u00bb\u00bf"];
const parameters = [
  "",
  "",
  ";charset=utf-8",
  "; charset=utf-16",
  ";",
  "; a=application/json",
  ", text/html",
  '; x="a, b',
];
const headerValue = fc
  .tuple(
    ...([spaces, tokens, spaces, parameters, spaces] as const).map((texts) => fc.constantFrom(...texts)),
    fc.oneof({ weight: 6, arbitrary: fc.constant("") }, { weight: 1, arbitrary: garbledText }),
  )
  .map((parts) => parts.join("").replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, ""));

/** Two readers of one text find the same in it: our own, and the one of the protocol's SDK, which reads after us. */
export function twoReadersFuzz(sizes: FuzzSizes): void {
  holds(sizes, "both readers find the same in a stream", stream, async ({ mark, lines, broken, sizes }) => {
    // The comment at the end completes a line that ends with CR, which could be the first half of CR LF.
    const whole = Buffer.from(`${mark}${lines.join("")}:`);
    const [at, byte] = broken ?? [0, undefined];
    const bytes =
      byte === undefined ? whole : Buffer.concat([whole.subarray(0, at), Buffer.of(byte), whole.subarray(at)]);
    const chunks = inPieces(new Uint8Array(bytes), sizes);
    const ours = readByUs(chunks);
    const { error, ...found } = await readByEngine(handedOn(chunks), "text/event-stream");
    expect({ error, ...found }).toEqual({ error: undefined, ...ours });
    // The SDK's reader takes these three letters for a byte order mark.
    if (/^\ufeff?\u00ef\u00bb\u00bf/.test(bytes.toString())) return;
    expect(await readByEngine(new Uint8Array(bytes), "text/event-stream")).toEqual({ error: undefined, ...ours });
  });

  const [document] = messages;
  holds(
    sizes,
    "both readers take an answer for the same kind",
    fc.array(headerValue, { maxLength: 2 }),
    async (given) => {
      const type = typeOf(given);
      if (!type) return;
      const { kind, contentType = "" } = type;
      const asJson = await readByEngine(document ?? "", contentType);
      const asStream = await readByEngine(`data: ${document}\n\n`, contentType);
      const found = asJson.messages.length > 0 ? "json" : asStream.messages.length > 0 ? "events" : "other";
      expect(found).toBe(kind === "events" ? "events" : contentType === "application/json" ? "json" : "other");
    },
  );
}

/** `undefined` for one that is refused. */
function typeOf(headers: string[]) {
  const [only, other] = headers;
  try {
    return answerType(200, { "content-type": other === undefined ? only : headers } as IncomingHttpHeaders);
  } catch {
    return undefined;
  }
}
