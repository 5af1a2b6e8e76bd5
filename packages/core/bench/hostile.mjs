// What a hostile server costs the process of an app, and the app's other users. Clients, hostile server and honest server
// are processes of their own.
import { deepEqual } from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const bytes = 150_000_000;
const promised = { type: "object", properties: { text: { type: "string", pattern: "^(a+)+$" } } };
const tiny = Array.from({ length: 100_000 }, () => ({ type: "text", text: "" }));
const call = (answer) => ({ answers: { "tools/call": answer } });

const [limit, answered] = ["LIMIT_EXCEEDED", "answered"];

/** Each with what comes of it: a bench of something else would be one of nothing. */
const lies = {
  "a huge result": [limit, call({ kind: "flood", as: "json", bytes })],
  "a huge event": [limit, call({ kind: "flood", as: "stream", bytes })],
  "a gzip bomb": [limit, call({ kind: "flood", as: "json", bytes, encoding: "gzip" })],
  "a brotli bomb": [limit, call({ kind: "flood", as: "stream", bytes, encoding: "br" })],
  "a result in chunks of a byte": [limit, call({ kind: "crumbs", bytes: 2_000_000, each: 1 })],
  "a result in chunks of 16 bytes": [answered, call({ kind: "crumbs", bytes: 2_000_000, each: 16 })],
  "10 000 notifications a second": [limit, call({ kind: "notifications", perSecond: 10_000 })],
  "JSON of a million levels": [limit, call({ kind: "deep", as: "stream", depth: 1_000_000 })],
  "50 000 tools": ["NOT_CONNECTED", { tools: Array.from({ length: 50_000 }, (_, at) => ({ name: `t${at}` })) }],
  "many contents": [limit, { result: { content: tiny } }],
  "as many contents as may be": [answered, { result: { content: tiny.slice(0, 10_000) } }],
  "a pattern that backtracks": [
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
    for (const [what, [outcome, lie]] of Object.entries(lies)) {
      servers[0].send(lie);
      const { rss, delay, others, ...report } = await ask({ times: 10 });
      deepEqual({ what, outcome: report.outcome, failed: others.failed }, { what, outcome: [outcome], failed: [] });
      rows.push({ what: `${what}: growth of the process`, measured: rss / 1_048_576, limit: 64, unit: "MiB" });
      rows.push({ what: `${what}: event loop, p99`, measured: delay, limit: 100, unit: "ms" });
      const slower = others.median / alone.others.median;
      rows.push({ what: `${what}: another user's calls, median`, measured: slower, limit: 2, unit: "x" });
    }
    return rows;
  } finally {
    for (const child of [clients, ...servers]) child.kill();
  }
}
