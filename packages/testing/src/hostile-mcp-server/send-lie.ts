import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { constants, createBrotliCompress, createGzip } from "node:zlib";
import type { AnswerForm, McpAnswer } from "./mcp-lies.js";
import { sendWireFlood } from "./send-wire-flood.js";
import type { McpRequest } from "./truth.js";

interface LieContext {
  asked: McpRequest;
  truth: Record<string, unknown>;
}

const types = { json: "application/json", stream: "text/event-stream" } as const;

const inForm = (as: AnswerForm, ...messages: unknown[]) =>
  as === "json"
    ? JSON.stringify(messages.length === 1 ? messages[0] : messages)
    : messages.map((message) => `data: ${JSON.stringify(message)}\n\n`).join("");

const notification = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "hello" } };

/** Sends a lie, as long as the client reads it. */
export async function sendLie(response: ServerResponse, lie: McpAnswer, { asked, truth }: LieContext): Promise<void> {
  const begin = (as: AnswerForm, headers = {}) => response.writeHead(200, { "content-type": types[as], ...headers });
  switch (lie.kind) {
    case "reply":
      return void response
        .writeHead(lie.status ?? 200, lie.headers)
        .end(lie.body?.replace('"<id>"', JSON.stringify(asked.id)));
    case "messages": {
      const messages = lie.messages.map((message) => ({ jsonrpc: "2.0", id: asked.id, ...message }));
      return void begin(lie.as).end(inForm(lie.as, ...messages));
    }
    case "flood":
      return flood(response, lie, truth);
    case "crumbs":
      return sendCrumbs(response, lie, truth);
    case "deep": {
      const place = "DEEP";
      const message = lie.beside
        ? { ...notification, params: { level: "info", data: place } }
        : { ...truth, result: { content: [], structuredContent: place } };
      const deep = `${"[".repeat(lie.depth)}${"]".repeat(lie.depth)}`;
      const text = inForm(lie.as, ...(lie.beside ? [message, truth] : [message]));
      return void begin(lie.as).end(text.replace(`"${place}"`, deep));
    }
    case "notifications":
      begin("stream");
      return everySecond(response, 20, inForm("stream", notification).repeat(Math.ceil(lie.perSecond / 20)));
    case "progress":
      begin("stream");
      return sendProgress(response, lie, Object(asked.params?._meta).progressToken);
    case "open":
      begin("stream").flushHeaders();
      if (lie.answered) response.write(inForm("stream", truth));
      return lie.keepAlive === undefined ? undefined : everySecond(response, 1_000 / lie.keepAlive, ": still here\n\n");
    case "resumable":
      return void begin("stream").end(`id: ${asked.kind}\nretry: ${lie.retry}\ndata: \n\n`);
    case "redirect":
      return void response.writeHead(lie.status, { location: lie.to }).end();
    case "drip":
      return drip(response, lie, inForm(lie.as, truth));
    case "head":
      return sendHead(response, lie.of, inForm("json", truth));
    case "wire":
      return sendWireFlood(response, lie.of, inForm("json", truth));
    case "stall":
      return undefined;
    case "cut": {
      const text = inForm(lie.as, truth);
      begin(lie.as, { "content-length": Buffer.byteLength(text) }).flushHeaders();
      response.write(text.slice(0, lie.after), () => response.destroy());
    }
  }
}

const fastBrotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const piece = Buffer.alloc(65_536, "x");

async function flood(
  response: ServerResponse,
  { as, bytes, encoding }: Extract<McpAnswer, { kind: "flood" }>,
  truth: Record<string, unknown>,
): Promise<void> {
  const headers = { "content-type": types[as === "json" ? "json" : "stream"] };
  response.writeHead(200, encoding ? { ...headers, "content-encoding": encoding } : headers);
  const compressor =
    encoding === "gzip" ? createGzip() : encoding === "br" ? createBrotliCompress(fastBrotli) : undefined;
  compressor?.pipe(response);
  const out = compressor ?? response;
  const result = { content: [{ type: "text", text: "FLOOD" }] };
  const [before = "", after = ""] = inForm(as === "json" ? "json" : "stream", { ...truth, result }).split("FLOOD");
  const closed = once(response, "close");
  out.write(before);
  for (let sent = 0; sent < bytes && !response.closed; sent += piece.length) {
    if (out.write(piece)) continue;
    await Promise.race([once(out, "drain"), closed]);
  }
  if (as !== "endless") out.end(after);
}

const inChunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

async function sendCrumbs(
  response: ServerResponse,
  { bytes, each }: { bytes: number; each: number },
  truth: Record<string, unknown>,
): Promise<void> {
  const crumbs = inChunk("x".repeat(each)).repeat(10_000);
  const result = { content: [{ type: "text", text: "CRUMBS" }] };
  const [before = "", after = ""] = inForm("json", { ...truth, result }).split("CRUMBS");
  const { socket } = response;
  const closed = once(response, "close");
  socket?.write(
    `HTTP/1.1 200 OK\r\nContent-Type: ${types.json}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${inChunk(before)}`,
  );
  for (let sent = 0; sent < bytes && !response.closed; sent += each * 10_000) {
    if (!socket?.write(crumbs)) await Promise.race([once(socket ?? response, "drain"), closed]);
  }
  // Node does not know that this answer has ended, so the next request on this connection would wait forever.
  socket?.end(`${inChunk(after)}0\r\n\r\n`);
}

/** Writes a text this many times a second, until the client has gone. */
async function everySecond(response: ServerResponse, times: number, text: string): Promise<void> {
  while (!response.closed) {
    response.write(text);
    await pause(1_000 / times, undefined, { ref: false });
  }
}

/** Reports progress until the client has gone. */
async function sendProgress(
  response: ServerResponse,
  { perSecond, message }: Extract<McpAnswer, { kind: "progress" }>,
  progressToken: unknown,
): Promise<void> {
  let progress = 0;
  const report = () => {
    progress += 1;
    const params = { progressToken, progress, message };
    return inForm("stream", { jsonrpc: "2.0", method: "notifications/progress", params });
  };
  while (!response.closed) {
    response.write(Array.from({ length: Math.ceil(perSecond / 20) }, report).join(""));
    await pause(50, undefined, { ref: false });
  }
}

async function drip(
  response: ServerResponse,
  { as, from, every }: Extract<McpAnswer, { kind: "drip" }>,
  body: string,
): Promise<void> {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${types[as]}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  const slowly = from === "head" ? `${head}${body}` : body;
  // Write to the socket: Node's server never sends its head one byte at a time.
  const { socket } = response;
  if (from === "body") socket?.write(head);
  for (const byte of Buffer.from(slowly)) {
    if (!socket?.writable) return;
    socket.write(Buffer.from([byte]));
    await pause(every, undefined, { ref: false });
  }
}

const plenty = 100_000;

function sendHead(response: ServerResponse, of: Extract<McpAnswer, { kind: "head" }>["of"], body: string): void {
  const type = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n`;
  const length = `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  const { socket } = response;
  switch (of) {
    case "interim responses":
      socket?.write(`${"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(10_000)}${type}${length}\r\n${body}`);
      return;
    case "large headers":
      socket?.write(`${type}${length}X-Large: ${"x".repeat(plenty)}\r\n\r\n${body}`);
      return;
    case "cookies":
      socket?.write(`${type}${length}${"Set-Cookie: session=stolen; Path=/\r\n".repeat(20)}\r\n${body}`);
      return;
    case "trailers": {
      const size = Buffer.byteLength(body).toString(16);
      const trailers = "X-Trailer: x\r\nContent-Type: text/html\r\n";
      socket?.write(`${type}Transfer-Encoding: chunked\r\n\r\n${size}\r\n${body}\r\n0\r\n${trailers}\r\n`);
    }
  }
}
