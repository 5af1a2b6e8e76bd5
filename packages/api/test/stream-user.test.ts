import { createMcp, type Mcp } from "@mcp-assistant/core";
import { createTRPCClient, httpSubscriptionLink } from "@trpc/client";
import { EventSource } from "eventsource";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { McpAppRouter } from "../src/index.js";
import { isError, isReset, openRaw } from "./raw-stream.js";
import { type AskUser, type RunningHost, startOurHandler, startStandalone } from "./stream-hosts.js";
import { expectNoUnhandledRejection, type WatchedStreams, watchable, watchStreams } from "./watch.js";

let mcp: Mcp;
let user: string;
let askUser: ReturnType<typeof vi.fn<AskUser>>;
let host: RunningHost;
let streams: WatchedStreams;

expectNoUnhandledRejection();
beforeEach(async () => {
  mcp = createMcp({ storage: "memory", baseUrl: "http://127.0.0.1:3000", limits: watchable });
  user = `user-${crypto.randomUUID()}`;
  streams = await watchStreams(mcp, user);
  askUser = vi.fn<AskUser>(() => user);
});
afterEach(async () => {
  vi.useRealTimers();
  await host.close();
  await mcp.close();
});

/** What the browser gets as `data` of the error that a stream ends with. */
const refusal = (code: string, mcpCode: string | null) => ({
  data: { code, mcp: mcpCode && expect.objectContaining({ code: mcpCode, retryable: false }) },
});

const minute = () => vi.advanceTimersByTimeAsync(60_000);

describe.each([
  ["our handler", startOurHandler],
  ["a host's tRPC app", startStandalone],
])("an open stream of %s", (_name, start) => {
  beforeEach(async () => {
    // Only the check uses intervals, so everything else keeps real time.
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    host = await start(mcp, askUser);
  });

  async function openStream() {
    const stream = await openRaw(host.url);
    await stream.until(isReset);
    expect(askUser).toHaveBeenCalledTimes(1);
    return stream;
  }

  test("continues for its user, who is checked every minute", async () => {
    const stream = await openStream();
    await minute();
    await minute();
    expect(askUser).toHaveBeenCalledTimes(3);
    expect(stream.frames().filter(isError)).toEqual([]);
    expect(await streams.open()).toBe(1);
    stream.hangUp();
    await vi.waitFor(async () => expect(await streams.open()).toBe(0));
    await minute();
    expect(askUser).toHaveBeenCalledTimes(3);
  });

  test("CVE-2026-44553: ends for good when its user has signed out", async () => {
    const stream = await openStream();
    askUser.mockResolvedValue(null);
    await minute();
    expect((await stream.until(isError)).data).toMatchObject(refusal("UNAUTHORIZED", "UNAUTHENTICATED"));
    await stream.ended;
    expect(await streams.open()).toBe(0);
  });

  test("ends for good when another user has signed in, and shows them nothing", async () => {
    const stream = await openStream();
    askUser.mockReturnValue("another user");
    await minute();
    expect((await stream.until(isError)).data).toMatchObject(refusal("CONFLICT", "USER_CHANGED"));
    await stream.ended;
    expect(stream.frames().filter(isReset)).toHaveLength(1);
    expect(await streams.open()).toBe(0);
  });

  test.each([
    ["throws", () => expect.fail("postgres://app:hunter2@db")],
    ["rejects", () => Promise.reject(new Error("postgres://app:hunter2@db"))],
  ])("ends so that the browser reopens it when the app %s", async (_how, failing) => {
    const stream = await openStream();
    askUser.mockImplementation(failing);
    await minute();
    expect((await stream.until(isError)).data).toMatchObject(refusal("INTERNAL_SERVER_ERROR", null));
    await stream.ended;
    expect(stream.text()).not.toContain("hunter2");
    expect(await streams.open()).toBe(0);
  });

  test("ends when the app has not answered one check by the time of the next", async () => {
    const stream = await openStream();
    askUser.mockImplementation(() => new Promise(() => undefined));
    await minute();
    expect(await streams.open()).toBe(1);
    await minute();
    expect((await stream.until(isError)).data).toMatchObject(refusal("INTERNAL_SERVER_ERROR", null));
    expect(await streams.open()).toBe(0);
  });

  test("ends for good for a real client when the user has gone, and is reopened when the app has failed", async () => {
    const client = createTRPCClient<McpAppRouter>({ links: [httpSubscriptionLink({ url: host.url, EventSource })] });
    const received: string[] = [];
    const subscription = client.mcp.events.subscribe.subscribe(undefined, {
      onData: ({ data }) => void received.push(data.type),
      onError: ({ data }) => void received.push(`final: ${data?.code}`),
    });
    await vi.waitFor(() => expect(received).toEqual(["reset"]));
    askUser.mockImplementationOnce(() => Promise.reject(new Error("away")));
    await minute();
    await vi.waitFor(() => expect(streams.given()).toBe(2));
    await vi.waitFor(async () => expect(await streams.open()).toBe(1));
    askUser.mockReturnValue(null);
    await minute();
    await vi.waitFor(() => expect(received.at(-1)).toBe("final: UNAUTHORIZED"));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(streams.given()).toBe(2);
    subscription.unsubscribe();
  });
});

describe("a request", () => {
  test("looks its user up once, however many calls it holds", async () => {
    host = await startOurHandler(mcp, askUser);
    const answer = await fetch(
      `${host.url}/mcp.events.userKey,mcp.connections.list,mcp.events.userKey?batch=1&input={}`,
    );
    expect(await answer.json()).toHaveLength(3);
    expect(askUser).toHaveBeenCalledTimes(1);
    await fetch(`${host.url}/mcp.connections.list`);
    expect(askUser).toHaveBeenCalledTimes(2);
  });

  test("whose user lookup fails is reported to the operator once, with the error", async () => {
    host = await startOurHandler(mcp, askUser);
    const report = vi.spyOn(mcp, "report").mockReturnValue();
    const failure = new TypeError("postgres://app:hunter2@db");
    askUser.mockRejectedValue(failure);
    const stream = await openRaw(host.url);
    expect((await stream.until(isError)).data).toMatchObject(refusal("INTERNAL_SERVER_ERROR", null));
    expect(stream.text()).not.toContain("hunter2");
    expect(report.mock.calls).toEqual([["mcp.events.subscribe failed", failure]]);
  });
});

describe("the key of a user", () => {
  const keyOf = async (id: string | null) => {
    user = id ?? "";
    const answer = await fetch(`${host.url}/mcp.events.userKey`);
    const { result } = (await answer.json()) as { result?: { data: string } };
    return result?.data;
  };

  test("is the same in every process, does not reveal the user's id, and is unique", async () => {
    host = await startOurHandler(mcp, askUser);
    const ada = await keyOf("ada@example.com");
    expect(ada).toBe("rkbbwQy5udDMEwIPGpmTEn");
    expect(await keyOf("ada@example.con")).toMatch(/^[\w-]{22}$/);
    expect(await keyOf("ada@example.con")).not.toBe(ada);
    expect(await keyOf(null)).toBeUndefined();
  });

  test("opens only the user's own streams", async () => {
    host = await startOurHandler(mcp, askUser);
    const [ada, bob] = [await keyOf("ada"), await keyOf("bob")];
    const own = await openRaw(host.url, { input: { userKey: bob } });
    await own.until(isReset);
    for (const userKey of [ada, "", "\0", "bob", "k".repeat(64)]) {
      const stream = await openRaw(host.url, { input: { userKey } });
      expect((await stream.until(isError)).data).toMatchObject(refusal("CONFLICT", "USER_CHANGED"));
      await stream.ended;
      expect(stream.frames().some(isReset)).toBe(false);
    }
    expect(streams.given()).toBe(1);
    own.hangUp();
  });
});

describe("a subscription", () => {
  beforeEach(async () => {
    host = await startOurHandler(mcp, askUser);
  });

  test.each([undefined, {}, { lastEventId: null, userKey: null }, { lastEventId: "1-0" }, { lastEventId: "0-0" }])(
    "may begin with %j",
    async (input) => {
      const stream = await openRaw(host.url, { input });
      await stream.until(isReset);
      stream.hangUp();
    },
  );

  const badInputs: [string, Parameters<typeof openRaw>[1]][] = [
    ["an id of another format", { input: { lastEventId: "later" } }],
    ["an empty id", { input: { lastEventId: "" } }],
    ["an id that is not a string", { input: { lastEventId: 7 } }],
    ["an id too large for Redis", { input: { lastEventId: "18446744073709551616-0" } }],
    ["an id of another format in the header", { headers: { "last-event-id": "../../etc/passwd" } }],
    ["a user key that is too long", { input: { userKey: "k".repeat(65) } }],
    ["a user key that is not a string", { input: { userKey: ["k"] } }],
    ["a string as its input", { input: "1-0" }],
  ];

  test.each(badInputs)("with %s ends for good, and says what is wrong without repeating it", async (_what, options) => {
    const stream = await openRaw(host.url, options);
    expect((await stream.until(isError)).data).toMatchObject(refusal("BAD_REQUEST", "INVALID_INPUT"));
    await stream.ended;
    expect(stream.text()).not.toMatch(/passwd|kkkk|later/);
    expect(streams.given()).toBe(0);
  });
});
