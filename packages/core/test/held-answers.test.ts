import { eventually } from "@mcp-assistant/testing/eventually";
import { type HostileMcpServer, startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { HeldBytes } from "../src/budgets/held-bytes.js";
import type { SessionClient } from "../src/client/session-client.js";
import { createMcp } from "../src/create-mcp.js";
import type { Limits } from "../src/limits.js";
import { noRateLimits, someUser } from "../src/samples.fixture.js";

const mebi = 1_048_576;
const held = HeldBytes.ofAnswers;
/** An answer that arrives almost whole and then stays away. */
const silent = { kind: "flood", as: "endless", bytes: 3.75 * mebi } as const;
/** What each such answer holds at least. */
const minEach = 3.75 * mebi;

let [hostile, honest]: HostileMcpServer[] = [];

beforeEach(async () => {
  [hostile, honest] = await Promise.all([startHostileMcpServer(), startHostileMcpServer()]);
  const servers = [hostile, honest];
  return async () => void (await Promise.all(servers.map((server) => server.close())));
});

async function open(limits: Partial<Limits> = {}) {
  const hosts = [hostile?.host ?? "", honest?.host ?? ""];
  const mcp = createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:9",
    outbound: { allowHosts: hosts },
    limits: { ...noRateLimits, ...limits },
  });
  onTestFinished(() => mcp.close());
  const clientOf = async (server: HostileMcpServer | undefined, userId = someUser()): Promise<SessionClient> => {
    const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server?.url ?? "" });
    const client = mcp.forUser(userId).client(sessionId);
    onTestFinished(() => client.close());
    return client;
  };
  return { mcp, clientOf };
}

/** Calls that settle with their error's code, or "answered". `end` ends those that still wait. */
function callMany(client: SessionClient, count: number) {
  const gone = new AbortController();
  const settled: string[] = [];
  const calls = Array.from({ length: count }, () =>
    client
      .callTool("whoami", {}, { signal: gone.signal })
      .then(() => "answered")
      .catch((error) => `${error.code} ${error.message}`)
      .then((outcome) => settled.push(outcome)),
  );
  const end = async () => {
    gone.abort();
    await Promise.all(calls);
  };
  onTestFinished(end);
  return { settled, end };
}

const tooMuch = "LIMIT_EXCEEDED The answers that you are waiting for are together larger than this app allows";

/** A server may still be told that calls were cancelled, which takes a little room. */
const expectNothingHeld = () => expect.poll(() => held.bytes).toBe(0);

test("four answers of 4 MiB at once arrive, and nothing is held afterwards", async () => {
  const { clientOf } = await open();
  const client = await clientOf(hostile);
  // The rest of the answer has some bytes, too.
  hostile?.lie({ answers: { "tools/call": { kind: "flood", as: "json", bytes: 4 * mebi - 65_536 } } });
  const { settled } = callMany(client, 4);
  expect(await eventually(() => settled.length === 4, { timeout: 15_000 })).toBe(true);
  expect(settled).toEqual(Array(4).fill("answered"));
  await expectNothingHeld();
});

test("answers that one user holds have 16 MiB in all; the calls beyond that fail, and another user's go on", async () => {
  const { mcp, clientOf } = await open();
  const [eve, ada] = [await clientOf(hostile), await clientOf(honest)];
  hostile?.lie({ answers: { "tools/call": silent } });
  const { settled, end } = callMany(eve, 20);
  expect(await eventually(() => settled.length === 16 && held.bytes > 4 * minEach, { timeout: 15_000 })).toBe(true);
  expect(settled).toEqual(Array(16).fill(tooMuch));
  expect(held.bytes).toBeLessThanOrEqual(16 * mebi);
  expect(await ada.callTool("whoami", { a: 1 })).toMatchObject({ content: [{ text: '{"a":1}' }] });
  await end();
  await expectNothingHeld();
  // Its calls work again.
  hostile?.lie();
  expect(await eve.callTool("whoami", { a: 2 })).toMatchObject({ content: [{ text: '{"a":2}' }] });
  await mcp.close();
});

test("the answers of all users have 64 MiB; beyond that, those who hold most are told that the app is busy", async () => {
  const { clientOf } = await open();
  const eves = await Promise.all(Array.from({ length: 5 }, () => clientOf(hostile)));
  const ada = await clientOf(honest);
  hostile?.lie({ answers: { "tools/call": silent } });
  const attacks = eves.map((eve) => callMany(eve, 4));
  const outcomes = () => attacks.flatMap(({ settled }) => settled);
  expect(await eventually(() => outcomes().length >= 3 && held.bytes > 16 * minEach, { timeout: 15_000 })).toBe(true);
  expect(new Set(outcomes())).toEqual(
    new Set(["LIMIT_EXCEEDED This app is busy: it is already reading as many answers as it can"]),
  );
  expect(held.bytes).toBeLessThanOrEqual(64 * mebi);
  for (let count = 0; count < 20; count += 1) {
    expect(await ada.callTool("whoami", { count })).toMatchObject({ content: [{ text: JSON.stringify({ count }) }] });
  }
  // An answer of 3 MiB has its place, too.
  honest?.lie({ answers: { "tools/call": { kind: "flood", as: "json", bytes: 3 * mebi } } });
  expect((await ada.callTool("whoami")).content).toHaveLength(1);
  expect(held.bytes).toBeLessThanOrEqual(64 * mebi);
  await Promise.all(attacks.map(({ end }) => end()));
  await expectNothingHeld();
});

test.each([
  ["of a user", { answerBytesPerUser: 1 }, / Do fewer things at once\.$/],
  ["of the process", { answerBytes: 1 }, /check that before you try again\.$/],
])(
  "a limit %s below one answer still lets one arrive, and a call that was sent is not retryable",
  async (_of, limits, hint) => {
    const { clientOf } = await open({ ...limits, toolListBytes: 1_000_000, resultBytes: 1_000_000 });
    const client = await clientOf(hostile);
    expect(await client.callTool("whoami", { a: 1 })).toMatchObject({ content: [{ text: '{"a":1}' }] });
    hostile?.lie({ answers: { "tools/call": { ...silent, bytes: 131_072 } } });
    const { end } = callMany(client, 1);
    expect(await eventually(() => held.bytes > 131_072)).toBe(true);
    hostile?.lie({ answers: { "tools/call": { kind: "flood", as: "json", bytes: 900_000 } } });
    const error = await client.callTool("whoami").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      ...{ code: "LIMIT_EXCEEDED", retryable: false, retryAfter: undefined },
      hint: expect.stringMatching(hint),
    });
    await end();
    await expectNothingHeld();
    expect(await client.callTool("whoami")).toMatchObject({ content: [{ type: "text" }] });
  },
);

test("once nothing is left of the room, a call is refused before it is sent", async () => {
  const { clientOf } = await open({ answerBytesPerUser: 1, toolListBytes: 200_000, resultBytes: 200_000 });
  const client = await clientOf(hostile);
  expect(await client.callTool("whoami", { a: 1 })).toMatchObject({ content: [{ text: '{"a":1}' }] });
  hostile?.lie({ answers: { "tools/call": { ...silent, bytes: 196_608 } } });
  const { end } = callMany(client, 1);
  expect(await eventually(() => held.bytes > 196_608)).toBe(true);
  hostile?.resetRequests();
  const error = await client.callTool("whoami").catch((thrown: unknown) => thrown);
  const hint = "Do fewer things at once, then try again.";
  expect(error).toMatchObject({ code: "LIMIT_EXCEEDED", hint, retryable: true });
  expect(hostile?.requests()).toEqual([]);
  await end();
});
