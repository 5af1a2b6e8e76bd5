import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { HostileAnswer } from "./lies.js";

/** The true answer of an endpoint. */
export interface Reply {
  status: number;
  headers: Readonly<Record<string, string | string[]>>;
  body: string;
}

export const json = (status: number, document: unknown, headers: Reply["headers"] = {}): Reply => ({
  status,
  headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  body: JSON.stringify(document),
});

export function sendReply(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, headers).end(body);
}

/** Sends a lie. `truth` is the endpoint's true answer, and `otherUrl` the same address at the other origin. */
export async function sendAnswer(
  response: ServerResponse,
  answer: HostileAnswer,
  { truth, otherUrl }: { truth: Reply; otherUrl: string },
): Promise<void> {
  switch (answer.kind) {
    case "reply":
      return sendReply(response, { status: 200, headers: {}, body: "", ...answer });
    case "redirect":
      return void response.writeHead(answer.status, { location: answer.to ?? otherUrl }).end();
    case "stall":
      return undefined;
    case "drip":
      return drip(response, truth, answer.every ?? 1_000);
    case "flood":
      return flood(response, answer.bytes);
    case "cut":
      return void response.destroy();
  }
}

async function drip(response: ServerResponse, { status, headers, body }: Reply, every: number): Promise<void> {
  response.writeHead(status, headers).flushHeaders();
  for (const byte of Buffer.from(body)) {
    if (response.closed) return;
    response.write(Buffer.from([byte]));
    await pause(every, undefined, { ref: false });
  }
  response.end();
}

const piece = "x".repeat(65_536);

async function flood(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"flood":"');
  const closed = once(response, "close");
  for (let sent = 0; sent < bytes && !response.closed; sent += piece.length) {
    if (response.write(piece)) continue;
    await Promise.race([once(response, "drain"), closed]);
  }
  response.end('"}');
}
