import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import express from "express";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type LoopbackListener, listenOnLoopback } from "../loopback-listener.js";
import { INITIALIZE, postMcp } from "./hand-written-client.fixture.js";
import { McpSessions, type McpSessionsOptions } from "./mcp-sessions.js";

let listener: LoopbackListener;
let sessions: McpSessions;

async function start(limits: Omit<McpSessionsOptions, "createServer">): Promise<void> {
  listener = await listenOnLoopback(0);
  sessions = new McpSessions({ createServer: () => new McpServer({ name: "empty", version: "0" }), ...limits });
  const app = express().use(express.json(), async (request, response) => {
    const transport = await sessions.open("ada");
    await transport.handleRequest(request, response, request.body);
  });
  listener.serve(app);
}

async function openSession(): Promise<string> {
  const response = await postMcp({ url: listener.origin }, INITIALIZE);
  return response.headers.get("mcp-session-id") ?? "";
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
});

afterEach(async () => {
  await sessions.close();
  await listener.close();
  vi.useRealTimers();
});

test("a session belongs to the user who opened it", async () => {
  await start({});
  const id = await openSession();

  expect(sessions.find(id, "ada")?.sessionId).toBe(id);
  expect(sessions.find(id, "bob")).toBeUndefined();
});

test("a session ends when it is idle for too long", async () => {
  await start({ idleLimitMs: 1_000 });
  const used = await openSession();
  const idle = await openSession();
  vi.advanceTimersByTime(900);
  sessions.find(used, "ada");
  await vi.advanceTimersByTimeAsync(200);

  expect(sessions.find(used, "ada")).toBeDefined();
  expect(sessions.find(idle, "ada")).toBeUndefined();
});

test("when there are too many sessions, the least recently used one ends", async () => {
  await start({ maxSessions: 2 });
  const first = await openSession();
  vi.advanceTimersByTime(1);
  const second = await openSession();
  vi.advanceTimersByTime(1);
  sessions.find(first, "ada");
  vi.advanceTimersByTime(1);
  const third = await openSession();

  expect(sessions.find(second, "ada")).toBeUndefined();
  expect(sessions.find(first, "ada")).toBeDefined();
  expect(sessions.find(third, "ada")).toBeDefined();
});

test("closing ends every session", async () => {
  await start({});
  const id = await openSession();
  await sessions.close();

  expect(sessions.find(id, "ada")).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
});
