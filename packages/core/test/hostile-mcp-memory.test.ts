import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { hostileTools, type McpAnswer, type McpLies, startHostileMcpServer } from "@mcp-assistant/testing/servers";
import { expect, onTestFinished, test } from "vitest";

interface Report {
  outcome: string[];
  took: number;
  rss: number;
  others: { count: number; failed: string[] };
}

const worker = fileURLToPath(new URL("hostile-mcp-worker.mjs", import.meta.url));
const times = 3;
/** By how much (bytes) the process may grow, and how long (ms) `times` users whose calls time out may take. */
const [maxGrowthBytes, patienceMs] = [64 * 1_048_576, times * 5_000];

async function startWorker(urls: string[]): Promise<ChildProcess> {
  const child = fork(worker, urls, { execArgv: ["--expose-gc"] });
  onTestFinished(() => void child.kill());
  await once(child, "message");
  return child;
}

const calls = (answer: McpAnswer): McpLies => ({ answers: { "tools/call": answer } });
const bytes = 150_000_000;
const bomb = { kind: "flood", bytes, encoding: "gzip" } as const;
const limit = "LIMIT_EXCEEDED";
const promised = { type: "object", properties: { text: { pattern: "^(a+)+$" } } };
const tiny = Array.from({ length: 100_000 }, () => ({ type: "text", text: "" }));

const lies: [string, string, McpLies][] = [
  ["a huge result", limit, calls({ kind: "flood", as: "json", bytes })],
  ["a huge event", limit, calls({ kind: "flood", as: "stream", bytes })],
  ["an endless event", limit, calls({ kind: "flood", as: "endless", bytes })],
  ["a gzip bomb", limit, calls({ ...bomb, as: "json" })],
  ["a brotli bomb", limit, calls({ kind: "flood", as: "stream", bytes, encoding: "br" })],
  ["a bomb where no answer is expected", "NOT_CONNECTED", { answers: { aside: { ...bomb, as: "stream" } } }],
  ["a result in chunks of a byte", limit, calls({ kind: "crumbs", bytes: 2_000_000, each: 1 })],
  ["a result in chunks of 16 bytes", "answered", calls({ kind: "crumbs", bytes: 2_000_000, each: 16 })],
  ["a flood of notifications", limit, calls({ kind: "notifications", perSecond: 10_000 })],
  ["deep JSON", limit, calls({ kind: "deep", as: "stream", depth: 1_000_000 })],
  ["an open stream", "REQUEST_TIMEOUT", calls({ kind: "open", answered: false, keepAlive: 10 })],
  ["a slow answer", "REQUEST_TIMEOUT", calls({ kind: "drip", as: "json", from: "body", every: 500 })],
  ["as many content items as allowed", "answered", { result: { content: tiny.slice(0, 10_000) } }],
  ["too many content items", limit, { result: { content: tiny } }],
  [
    "a pattern that backtracks",
    "answered",
    {
      tools: [...hostileTools("http://127.0.0.1:9"), { name: "whoami", outputSchema: promised }],
      result: { structuredContent: { text: `${"a".repeat(60)}!` } },
    },
  ],
];

test("whatever a hostile server sends, the process stays small and another user's calls are answered", async () => {
  const [hostile, honest] = [await startHostileMcpServer(), await startHostileMcpServer()];
  onTestFinished(hostile.close);
  onTestFinished(honest.close);
  const child = await startWorker([hostile.url, honest.url]);
  for (const [what, code, lie] of lies) {
    hostile.lie(lie);
    child.send({ times, byTheClock: code === "REQUEST_TIMEOUT" });
    const [report] = (await once(child, "message")) as [Report];
    expect({ what, outcome: report.outcome, failed: report.others.failed }).toEqual({
      what,
      outcome: [code],
      failed: [],
    });
    expect(report.others.count, what).toBeGreaterThan(0);
    expect(report.rss, what).toBeLessThan(maxGrowthBytes);
    expect(report.took, what).toBeLessThan(patienceMs);
  }
});
