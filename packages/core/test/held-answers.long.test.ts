import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";

const worker = fileURLToPath(new URL("held-answers-worker.mjs", import.meta.url));
const mebi = 1_048_576;
/** How many bytes more (heap and buffers) a process may use while it holds all that it may. */
const maxUsed = 96 * mebi;

interface Report {
  /** The codes of the calls that have ended while the others are held. */
  refused: string[];
  held: number;
  peak: number;
}

// The last number is by how much (MiB) the resident set may grow at its peak.
test.each([
  ["one user with 50 connections", { users: 1, connections: 50, calls: 8, heldCalls: 4 }, 256],
  ["50 users with one connection each", { users: 50, connections: 1, calls: 8, heldCalls: 17 }, 512],
])(
  "%s and 8 calls on each, all with an answer of 4 MiB that is held, stay within the budgets",
  async (_who, load, maxPeak) => {
    const hostile = await startHostileMcpServer();
    onTestFinished(hostile.close);
    const child = fork(worker, [hostile.url], { execArgv: ["--expose-gc"] });
    onTestFinished(() => void child.kill());
    await once(child, "message");
    child.send(load);
    await once(child, "message");
    hostile.lie({ answers: { "tools/call": { kind: "flood", as: "endless", bytes: 3.75 * mebi } } });
    child.send("go");
    const [{ refused, held, peak }] = (await once(child, "message")) as [Report];
    expect(new Set(refused)).toEqual(new Set(["LIMIT_EXCEEDED"]));
    expect(refused.length).toBeGreaterThan(300);
    expect(held).toBeLessThan(maxUsed);
    expect(peak).toBeLessThan(maxPeak * mebi);
  },
  60_000,
);
