// What a hostile server costs the app's process and the app's other users. The clients, the hostile server and the
// honest server each run in their own process.
import { deepEqual } from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const bytes = 150_000_000;
const promised = { type: "object", properties: { text: { type: "string", pattern: "^(a+)+$" } } };
const tiny = Array.from({ length: 100_000 }, () => ({ type: "text", text: "" }));
const call = (answer) => ({ answers: { "tools/call": answer } });

const [limit, answered] = ["LIMIT_EXCEEDED", "answered"];

/** Each with its expected outcome, which is checked: a measurement of any other outcome would mean nothing. */
const attacks = {
  "a huge result": [limit, call({ kind: "flood", as: "json", bytes })],
  "a huge event": [limit, call({ kind: "flood", as: "stream", bytes })],
  "a gzip bomb": [limit, call({ kind: "flood", as: "json", bytes, encoding: "gzip" })],
  "a brotli bomb": [limit, call({ kind: "flood", as: "stream", bytes, encoding: "br" })],
  "a result in 1-byte chunks": [limit, call({ kind: "crumbs", bytes: 2_000_000, each: 1 })],
  "a result in 16-byte chunks": [answered, call({ kind: "crumbs", bytes: 2_000_000, each: 16 })],
  "10 000 notifications a second": [limit, call({ kind: "notifications", perSecond: 10_000 })],
  "JSON nested a million levels deep": [limit, call({ kind: "deep", as: "stream", depth: 1_000_000 })],
  "50 000 tools": ["NOT_CONNECTED", { tools: Array.from({ length: 50_000 }, (_, at) => ({ name: `t${at}` })) }],
  "too many content blocks": [limit, { result: { content: tiny } }],
  "as many content blocks as allowed": [answered, { result: { content: tiny.slice(0, 10_000) } }],
  "a pattern that backtracks forever": [
    answered,
    {
      tools: [{ name: "whoami", outputSchema: promised }],
      result: { structuredContent: { text: `${"a".repeat(60)}!` } },
    },
  ],
};

function start(name, args = []) {
  return fork(fileURLToPath(new URL(`../test/${name}.mjs`, import.meta.url)), args, { execArgv: ["--expose-gc"] });
}

export async function measure() {
  const servers = [start("hostile-mcp-process"), start("hostile-mcp-process")];
  const urls = await Promise.all(servers.map(async (server) => (await once(server, "message"))[0]));
  const clients = start("hostile-mcp-worker", urls);
  try {
    await once(clients, "message");
    const ask = async (question) => {
      clients.send(question);
      return (await once(clients, "message"))[0];
    };
    const alone = await ask({ wait: 2_000 });
    const rows = [];
    for (const [what, [outcome, attack]] of Object.entries(attacks)) {
      servers[0].send(attack);
      const { rss, delay, others, ...report } = await ask({ times: 10 });
      deepEqual({ what, outcome: report.outcome, failed: others.failed }, { what, outcome: [outcome], failed: [] });
      rows.push({ what: `${what}: memory growth of the process`, measured: rss / 1_048_576, limit: 64, unit: "MiB" });
      rows.push({ what: `${what}: event loop, p99`, measured: delay, limit: 100, unit: "ms" });
      const slower = others.median / alone.others.median;
      rows.push({ what: `${what}: another user's calls, median`, measured: slower, limit: 2, unit: "x" });
    }
    return rows;
  } finally {
    for (const child of [clients, ...servers]) child.kill();
  }
}
