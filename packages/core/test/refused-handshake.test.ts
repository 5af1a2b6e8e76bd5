import { expect, test } from "vitest";
import { StoreUnavailableError } from "../src/errors.js";
import { withOverrides } from "../src/samples.fixture.js";
import { MemoryDriver } from "../src/storage/memory/driver.js";
import { connectedToLegacy, handshakeMethods, type Refusal, refuse } from "./legacy-server.js";

test.each<[string, Refusal]>([
  ["405", { status: 405 }],
  ["410", { status: 410 }],
  ["400 for another reason", { status: 400, error: { code: -32_600, message: "Unsupported protocol version" } }],
  [
    "an error that names the session, with 200",
    { status: 200, error: { code: -32_001, message: "Session not found" } },
  ],
])(
  "a call that is refused with %s is not sent again, its session ends, and the next one makes a handshake",
  async (_what, refusal) => {
    let refusals = 1;
    const { call, take } = await connectedToLegacy({
      session: "a",
      call: (message, response) => refusals-- > 0 && refuse(refusal, message, response),
    });
    await expect(call()).rejects.toMatchObject({ code: "SERVER_ERROR" });
    expect(take()).toEqual(["tools/call", "DELETE"]);
    await call();
    expect(take()).toEqual([...handshakeMethods, "tools/call"]);
    await call();
    expect(take()).toEqual(["tools/call"]);
  },
);

test.each<[string, Refusal]>([
  ["an error of the call", { status: 200, error: { code: -32_602, message: "Invalid session argument" } }],
  ["503", { status: 503 }],
  ["429", { status: 429 }],
])("a call that fails with %s keeps the handshake", async (_what, refusal) => {
  let refusals = 1;
  const { call, take } = await connectedToLegacy({
    session: "a",
    call: (message, response) => refusals-- > 0 && refuse(refusal, message, response),
  });
  await expect(call()).rejects.toMatchObject({ code: "SERVER_ERROR" });
  await call();
  expect(take()).toEqual(["tools/call", "tools/call"]);
});

test("a server without sessions that wants a handshake before each call gets one, after one call has failed", async () => {
  let isReady = true;
  const { call, take } = await connectedToLegacy({
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
    expect(take()).toEqual([...handshakeMethods, "tools/call"]);
  }
});

test("after two losses within one call, which fails, each call has a session of its own", async () => {
  let refusals = 2;
  const { call, take } = await connectedToLegacy({
    session: "a",
    call: (message, response) => refusals-- > 0 && refuse({ status: 404 }, message, response),
  });
  await expect(call()).rejects.toMatchObject({ code: "SERVER_ERROR", retryable: true });
  expect(take()).toEqual(["tools/call", ...handshakeMethods, "tools/call"]);
  for (const _call of [1, 2]) {
    await call();
    expect(take()).toEqual([...handshakeMethods, "tools/call", "DELETE"]);
  }
});

test("a call of which an event has come is not sent again, even if the server then forgets its session", async () => {
  const { call, take } = await connectedToLegacy({
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

test("a caller gets the server's error also if the storage cannot forget the handshake", async () => {
  const memory = new MemoryDriver();
  let attempts = 0;
  const storage = withOverrides(memory, {
    commit: (commit) => {
      if (!commit.erase?.some(({ value }) => value.kind === "handshake")) return memory.commit(commit);
      attempts += 1;
      return Promise.reject(new StoreUnavailableError(new Error("OOM"), "full"));
    },
  });
  const { call } = await connectedToLegacy({
    options: { storage },
    session: "a",
    call: (message, response) => refuse({ status: 410 }, message, response),
  });
  attempts = 0;
  await expect(call()).rejects.toMatchObject({ code: "SERVER_ERROR" });
  expect(attempts).toBe(1);
});
