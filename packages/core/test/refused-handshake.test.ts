import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { answerLegacyMcp, startLoopbackServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { someUser } from "../src/samples.fixture.js";

type Message = { id?: unknown; method: string };
type Refusal = { status: number; error?: { code: number; message: string } };

interface Behaviour {
  /** The `Mcp-Session-Id` that it gives. */
  session?: string;
  /** Answers a call itself. False to answer as usual. */
  call?: (message: Message, response: ServerResponse) => boolean;
  /** Answers a GET. */
  resume?: (response: ServerResponse) => void;
}

/** A server of the legacy era, connected. */
async function connected({ session, call = () => false, resume }: Behaviour) {
  let methods: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== "POST") {
      methods.push(String(request.method));
      return resume && request.method === "GET" ? resume(response) : void response.writeHead(405).end();
    }
    const message = (await json(request)) as Message;
    methods.push(message.method);
    if (message.method === "tools/call" && call(message, response)) return;
    const usual = answerLegacyMcp(message, { name: "raw", tools: ["one"] });
    if (usual === undefined) return void response.writeHead(202).end();
    const begun = session && message.method === "initialize" ? { "mcp-session-id": session } : {};
    response.writeHead(200, { "content-type": "application/json", ...begun }).end(JSON.stringify(usual));
  };
  const server = await startLoopbackServer((request, response) => void answer(request, response));
  const mcp = appFor({ hosts: [server.host] });
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: `${server.origin}/mcp` });
  methods = [];
  const take = () => {
    const taken = methods;
    methods = [];
    return taken;
  };
  return { call: () => user.callTool(sessionId, "one"), take };
}

function refuse({ status, error }: Refusal, { id }: Message, response: ServerResponse): true {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(error ? JSON.stringify({ jsonrpc: "2.0", id, error }) : "");
  return true;
}

const handshake = ["server/discover", "initialize", "notifications/initialized"];

test.each<[string, Refusal]>([
  ["405", { status: 405 }],
  ["410", { status: 410 }],
  ["400 for another reason", { status: 400, error: { code: -32_600, message: "Unsupported protocol version" } }],
  [
    "an error that names the session, with 200",
    { status: 200, error: { code: -32_001, message: "Session not found" } },
  ],
])("a call that is refused with %s is not sent again, and the next one makes a handshake", async (_what, refusal) => {
  let refusals = 1;
  const { call, take } = await connected({
    session: "a",
    call: (message, response) => refusals-- > 0 && refuse(refusal, message, response),
  });
  await expect(call()).rejects.toMatchObject({ code: "SERVER_ERROR" });
  expect(take()).toEqual(["tools/call"]);
  await call();
  expect(take()).toEqual([...handshake, "tools/call"]);
  await call();
  expect(take()).toEqual(["tools/call"]);
});

test.each<[string, Refusal]>([
  ["an error of the call", { status: 200, error: { code: -32_602, message: "Invalid session argument" } }],
  ["503", { status: 503 }],
  ["429", { status: 429 }],
])("a call that fails with %s keeps the handshake", async (_what, refusal) => {
  let refusals = 1;
  const { call, take } = await connected({
    session: "a",
    call: (message, response) => refusals-- > 0 && refuse(refusal, message, response),
  });
  await expect(call()).rejects.toMatchObject({ code: "SERVER_ERROR" });
  await call();
  expect(take()).toEqual(["tools/call", "tools/call"]);
});

test("a server without sessions that wants a handshake before each call gets one, after one call has failed", async () => {
  let isReady = true;
  const { call, take } = await connected({
    call: (message, response) => {
      if (!isReady)
        return refuse({ status: 400, error: { code: -32_000, message: "Not initialized" } }, message, response);
      isReady = false;
      return false;
    },
  });
  await call();
  await expect(call()).rejects.toMatchObject({ code: "SERVER_ERROR" });
  expect(take()).toEqual(["tools/call", "tools/call"]);
  for (const _call of [1, 2]) {
    isReady = true;
    await call();
    expect(take()).toEqual([...handshake, "tools/call"]);
  }
});

test("after two losses within one call, which fails, each call has a session of its own", async () => {
  let refusals = 2;
  const { call, take } = await connected({
    session: "a",
    call: (message, response) => refusals-- > 0 && refuse({ status: 404 }, message, response),
  });
  await expect(call()).rejects.toMatchObject({ code: "SERVER_ERROR", retryable: true });
  expect(take()).toEqual(["tools/call", ...handshake, "tools/call"]);
  for (const _call of [1, 2]) {
    await call();
    expect(take()).toEqual([...handshake, "tools/call", "DELETE"]);
  }
});

test("a call of which an event has come is not sent again, even if the server then forgets its session", async () => {
  const { call, take } = await connected({
    session: "a",
    call: (_message, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end("id: one\nretry: 10\ndata: \n\n");
      return true;
    },
    resume: (response) => void response.writeHead(404).end(),
  });
  await expect(call()).rejects.toMatchObject({ code: "SERVER_ERROR" });
  const asked = take();
  expect(asked.filter((method) => method === "tools/call")).toHaveLength(1);
  expect(asked).not.toContain("initialize");
});
