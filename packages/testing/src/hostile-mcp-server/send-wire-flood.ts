import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { WireFlood } from "./mcp-lies.js";

type Text = string | Buffer;

const head = (...fields: string[]) =>
  `${["HTTP/1.1 200 OK", "Content-Type: application/json", ...fields].join("\r\n")}\r\n`;
const chunked = `${head("Transfer-Encoding: chunked")}\r\n`;
const compressed = (coding: string) => `${head(`Content-Encoding: ${coding}`, "Connection: close")}\r\n`;
const lastChunk = "0\r\n";

/** What is sent first, and then again and again. */
const floods: Readonly<Record<WireFlood, (body: string) => [first: Text[], again: Text]>> = {
  "informational answers": () => [[], "HTTP/1.1 103 Early Hints\r\n\r\n"],
  "informational answers with headers": () => [[], `HTTP/1.1 103 Early Hints\r\nLink: ${"x".repeat(8_000)}\r\n\r\n`],
  "fields of a byte in an informational answer": () => [["HTTP/1.1 103 Early Hints\r\n"], "a:\r\n"],
  "empty lines before the head": () => [[], "\r\n"],
  "a reason phrase": () => [["HTTP/1.1 200 "], "x"],
  "spaces before a header's value": () => [[head(), "X-Space:"], " "],
  "chunk extensions": () => [[chunked], `1;${"x".repeat(1_000)}=y\r\n \r\n`],
  "one chunk extension": () => [[chunked, "1;x="], "y"],
  "zeros of a chunk's size": () => [[chunked], "0"],
  trailers: (body) => [[chunked, inChunk(body), lastChunk], "X-Trailer: x\r\n"],
  "trailers of a byte": (body) => [[chunked, inChunk(body), lastChunk], "a:\r\n"],
  "spaces in a trailer": (body) => [[chunked, inChunk(body), lastChunk, "X-Trailer:"], " "],
  // Empty stored blocks (RFC 1951 §3.2.4), after a header (RFC 1952 §2.3).
  "gzip that holds nothing": () => [
    [compressed("gzip"), Buffer.from("1f8b08000000000000ff", "hex")],
    Buffer.from("000000ffff", "hex"),
  ],
  // Empty metadata blocks (RFC 7932 §9.2).
  "brotli that holds nothing": () => [[compressed("br"), Buffer.of(0x0c)], Buffer.of(0x06)],
};

const inChunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const pieceBytes = 65_536;

/** Writes to the socket, because Node's server would write none of this. */
export async function sendWireFlood({ socket }: ServerResponse, of: WireFlood, body: string): Promise<void> {
  if (!socket) return;
  const [first, again] = floods[of](body);
  const one = Buffer.from(again);
  const many = Buffer.concat(Array.from({ length: Math.ceil(pieceBytes / one.length) }, () => one));
  const closed = once(socket, "close");
  for (const text of first) socket.write(text);
  while (!socket.closed) if (!socket.write(many)) await Promise.race([once(socket, "drain"), closed]);
}
