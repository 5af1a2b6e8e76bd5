import { type OauthServer, startOauthServer } from "@mcp-assistant/demo-servers/oauth";
import type { McpObservabilityEvent } from "@mcp-assistant/protocol";
import { refusingOrigin } from "@mcp-assistant/testing/servers";
import { SpanStatusCode, trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { appFor, signedIn } from "./authorization/sign-in/sign-in.fixture.js";
import { createMcp } from "./create-mcp.js";
import { ConfigurationError, RateLimitedError, SessionNotFoundError } from "./errors.js";
import { createLog } from "./logger.js";
import { someUser } from "./samples.fixture.js";
import { span } from "./telemetry.js";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

beforeAll(() => {
  trace.setGlobalTracerProvider(provider);
});

afterEach(() => exporter.reset());

afterAll(async () => {
  trace.disable();
  await provider.shutdown();
});

/** The name of each span, with the kind of error that it ended with. */
const spans = () =>
  exporter.getFinishedSpans().map(({ name, attributes, status }) => ({
    name,
    failed: status.code === SpanStatusCode.ERROR ? attributes["error.type"] : null,
  }));

test("only the kind of an error is logged, with its hint for the operator: our code, or the class of any other error", () => {
  const logged: McpObservabilityEvent[] = [];
  const log = createLog((event) => logged.push(event));
  log("error", "It failed", { error: new SessionNotFoundError(), sessionId: "s", metadata: { step: "dial" } });
  log("warn", "It failed", { error: new TypeError("Bearer abc") });
  log("warn", "It failed", { error: new RateLimitedError("Too many", 5, "Raise limits.callsPerMinute.") });
  log("warn", "It failed", { error: new ConfigurationError("storage is missing", "Set it.") });
  log("info", "It continued");
  expect(logged).toEqual([
    {
      level: "error",
      message: "It failed",
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      sessionId: "s",
      metadata: { step: "dial", "error.type": "SESSION_NOT_FOUND" },
    },
    { level: "warn", message: "It failed", at: expect.any(String), metadata: { "error.type": "TypeError" } },
    {
      level: "warn",
      message: "It failed",
      at: expect.any(String),
      metadata: { "error.type": "RATE_LIMITED", "mcp_redis.operator_hint": "Raise limits.callsPerMinute." },
    },
    {
      level: "warn",
      message: "It failed",
      at: expect.any(String),
      metadata: { "error.type": "CONFIGURATION_INVALID", "mcp_redis.operator_hint": "storage is missing. Set it." },
    },
    { level: "info", message: "It continued", at: expect.any(String) },
  ]);
});

test("a logger that throws does no harm", async () => {
  const { origin: serverUrl, host } = await refusingOrigin();
  const mcp = createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:9",
    outbound: { allowHosts: [host] },
    logger: () => {
      throw new Error("The disk is full");
    },
  });
  onTestFinished(() => mcp.close());
  const failed = { state: "FAILED", error: { code: "SERVER_UNREACHABLE" } };
  expect(await mcp.forUser(someUser()).connect({ serverUrl })).toMatchObject(failed);
  expect(() => mcp.report("It failed", new Error("no"))).not.toThrow();
});

test("a span ends with its work and passes on the result or error", async () => {
  expect(await span("work", { "server.address": "notes.example" }, async () => 42)).toBe(42);
  const failing = span("work", {}, () => Promise.reject(new Error("Bearer abc")));
  await expect(failing).rejects.toThrow("Bearer abc");
  expect(spans()).toEqual([
    { name: "work", failed: null },
    { name: "work", failed: "Error" },
  ]);
});

describe("a whole sign-in and a call", () => {
  let server: OauthServer;

  beforeAll(async () => {
    server = await startOauthServer({ accessTokenTtl: 2 });
  });

  afterAll(() => server.close());

  test("show in the log state by state, and as spans for connect, refresh and call, without any secret", async () => {
    const logged: McpObservabilityEvent[] = [];
    const mcp = appFor(server, { logger: (event) => logged.push(event) });
    onTestFinished(() => mcp.close());
    const session = await signedIn(mcp, server);
    const client = mcp.forUser(session.userId).client(session.sessionId);
    onTestFinished(() => client.close());
    await new Promise((resolve) => setTimeout(resolve, 1_900));
    await client.callTool("create_note", { title: "the title of a note", body: "the body" });
    await expect(client.callTool("no_such_tool")).rejects.toMatchObject({ code: "TOOL_NOT_FOUND" });

    expect(logged.map(({ metadata }) => metadata?.state)).toEqual([
      "CONNECTING",
      "AUTHENTICATING",
      "AUTHENTICATED",
      "DISCOVERING",
      "CONNECTED",
    ]);
    expect(logged.every(({ sessionId }) => sessionId === session.sessionId)).toBe(true);
    expect(spans()).toEqual([
      { name: "mcp.connect", failed: "AUTHORIZATION_REQUIRED" },
      { name: "mcp.connect", failed: null },
      { name: "mcp.refresh", failed: null },
      { name: "mcp.call", failed: null },
      { name: "mcp.call", failed: "TOOL_NOT_FOUND" },
    ]);
    const everything = JSON.stringify([
      logged,
      exporter.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    ]);
    expect(everything).not.toMatch(/the title of a note|the body|Bearer|eyJ/);
    expect(everything).toContain(new URL(server.url).host);
  });
});
