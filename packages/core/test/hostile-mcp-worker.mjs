// A process of an app whose users are connected to a hostile server, except one, who uses an honest one. For each
// message it calls the hostile server, keeps calling the honest one meanwhile, and reports what that did to the
// process. Needs --expose-gc.
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { createMcp } from "../dist/index.js";

const [hostile, honest] = process.argv.slice(2);
const mcpOf = (requestTimeout) =>
  createMcp({
    storage: "memory",
    baseUrl: "http://127.0.0.1:9",
    outbound: { allowHosts: [new URL(hostile).host, new URL(honest).host] },
    limits: { requestTimeout, callsPerMinute: 60_000 },
  });
/** On a busy machine an answer that breaks another limit takes its time, and must not end by the clock. */
const [patient, hasty] = [mcpOf(20_000), mcpOf(2_000)];

async function clientOf(userId, serverUrl, mcp = patient) {
  const { sessionId } = await mcp.forUser(userId).connect({ serverUrl });
  return mcp.forUser(userId).client(sessionId);
}
const victim = await clientOf("ada", honest);

/**
 * Calls the honest server again and again until told to stop. Returns how long each call took (ms) and which failed.
 */
async function callOn(signal) {
  const took = [];
  const failed = [];
  for (let count = 0; !signal.aborted; count += 1) {
    const began = performance.now();
    const { content } = await victim
      .callTool("whoami", { count })
      .catch((error) => ({ content: [{ text: error.code }] }));
    took.push(performance.now() - began);
    if (content[0].text !== JSON.stringify({ count })) failed.push(content[0].text);
    await pause(5);
  }
  return { took, failed };
}

/** The largest resident set (bytes) until told to stop. */
async function largest(signal) {
  let most = 0;
  for (; !signal.aborted; await pause(10)) most = Math.max(most, process.memoryUsage.rss());
  return most;
}

const schedule = `/proc/self/task/${process.pid}/schedstat`;

/**
 * The CPU time (ms) of the main thread; of all threads where the system does not tell. Unlike the time of a clock, it
 * does not pass while a busy machine runs other processes.
 */
function cpuTime() {
  if (existsSync(schedule)) return Number(readFileSync(schedule, "utf8").split(" ")[0]) / 1e6;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

/** For how long (ms of CPU time) the event loop served nothing else until told to stop: the 99th percentile. */
async function longTurn(signal) {
  const turns = [];
  for (let before = cpuTime(); !signal.aborted; ) {
    await pause(5);
    const now = cpuTime();
    turns.push(now - before);
    before = now;
  }
  return turns.toSorted((a, b) => a - b)[Math.floor(turns.length * 0.99)];
}

/** The CPU time (ms) of parsing the largest result that is allowed, which every honest server may send. */
function timeOfLargest() {
  const text = JSON.stringify(Array.from({ length: 40_000 }, () => ({ type: "text", text: "x".repeat(75) })));
  const times = Array.from({ length: 10 }, () => {
    const before = cpuTime();
    JSON.parse(text);
    return cpuTime() - before;
  });
  return Math.min(...times);
}

async function measure(work) {
  const end = new AbortController();
  globalThis.gc();
  const before = process.memoryUsage.rss();
  const watched = [callOn(end.signal), largest(end.signal), longTurn(end.signal)];
  const began = performance.now();
  const outcome = await work();
  const took = performance.now() - began;
  end.abort();
  const [others, rss, turn] = await Promise.all(watched);
  const median = others.took.toSorted((a, b) => a - b)[Math.floor(others.took.length / 2)];
  const reported = { median, count: others.took.length, failed: others.failed };
  return { outcome, took, rss: rss - before, turn, others: reported };
}

let users = 0;
const callWhoami = { method: "callTool", args: ["whoami"] };
/**
 * Calls the hostile server as `times` new users, of an app with a short time limit if the limit is what ends the call.
 * `ask`: what is asked of it, by the method of a client.
 */
async function call(times, { byTheClock = false, ask = callWhoami } = {}) {
  const codes = [];
  for (let count = 0; count < times; count += 1) {
    users += 1;
    const client = await clientOf(`eve-${users}`, hostile, byTheClock ? hasty : patient);
    codes.push(
      await client[ask.method](...ask.args).then(
        () => "answered",
        ({ code }) => code,
      ),
    );
    await client.close();
  }
  return [...new Set(codes)];
}

process.on("message", async ({ wait, times, ...how }) => {
  process.send(await measure(wait === undefined ? () => call(times, how) : () => pause(wait)));
});
// Loads and compiles everything once before anything is measured.
await measure(() => call(5));
process.send({ largest: timeOfLargest() });
