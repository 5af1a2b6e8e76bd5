import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { answerLegacyMcp, startLoopbackServer } from "@mcp-assistant/testing/servers";
import { onTestFinished } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { McpOptions } from "../src/options/options.js";
import { someUser } from "../src/samples.fixture.js";

export interface Message {
  id?: unknown;
  method: string;
  params?: Record<string, unknown>;
}
export interface Refusal {
  status: number;
  error?: { code: number; message: string };
  /** The ID in the refusal, if it is not that of the request; `undefined` for none. */
  id?: unknown;
}

interface Behaviour {
  /** The `Mcp-Session-Id` that it gives. */
  session?: string;
  /** Answers a call itself. False to answer as usual. */
  call?: (message: Message, response: ServerResponse) => boolean;
  /** Answers a notification itself. False to answer as usual. */
  notified?: (message: Message, response: ServerResponse) => boolean;
  /** Answers a GET. */
  resume?: (response: ServerResponse) => void;
  /** What it makes of the ID of a request. */
  idOf?: (id: number) => number;
  /** What its answer to `initialize` has besides. */
  initialize?: Record<string, unknown>;
  options?: Partial<McpOptions>;
}

/** The requests of a handshake with such a server. */
export const handshakeMethods = ["server/discover", "initialize", "notifications/initialized"];

/** A server of the legacy era with the tool `one`, connected. */
export async function connectedToLegacy(behaviour: Behaviour) {
  const { session, call = () => false, notified = () => false, resume } = behaviour;
  const { idOf = (id) => id, initialize, options } = behaviour;
  let messages: Message[] = [];
  const open: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === "DELETE") open.splice(open.indexOf(String(request.headers["mcp-session-id"])), 1);
    if (request.method !== "POST") {
      messages.push({ method: String(request.method) });
      return resume && request.method === "GET" ? resume(response) : void response.writeHead(405).end();
    }
    const message = (await json(request)) as Message;
    messages.push(message);
    if (message.method === "tools/call" && call(message, response)) return;
    if (message.id === undefined && notified(message, response)) return;
    const id = typeof message.id === "number" ? idOf(message.id) : message.id;
    const usual = answerLegacyMcp({ ...message, id }, { name: "raw", tools: ["one"] });
    if (usual === undefined) return void response.writeHead(202).end();
    const isFirst = message.method === "initialize";
    if (isFirst) Object.assign(Object(usual).result, initialize);
    if (isFirst && session) open.push(session);
    const begun = session && isFirst ? { "mcp-session-id": session } : {};
    response.writeHead(200, { "content-type": "application/json", ...begun }).end(JSON.stringify(usual));
  };
  const server = await startLoopbackServer((request, response) => void answer(request, response));
  const mcp = appFor({ hosts: [server.host] }, options);
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const userId = someUser();
  const user = mcp.forUser(userId);
  const { sessionId, state } = await user.connect({ serverUrl: `${server.origin}/mcp` });
  messages = [];
  const takeMessages = () => {
    const taken = messages;
    messages = [];
    return taken;
  };
  return {
    ...{ user, sessionId, state, takeMessages },
    /** The transport sessions that are open. */
    open: () => [...open],
    call: () => user.callTool(sessionId, "one"),
    /** The methods that it was asked for since the last time, and those of HTTP that are no POST. */
    take: () => takeMessages().map(({ method }) => method),
  };
}

export function refuse({ status, error, ...own }: Refusal, { id }: Message, response: ServerResponse): true {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(error ? JSON.stringify({ jsonrpc: "2.0", id, ...own, error }) : "");
  return true;
}
