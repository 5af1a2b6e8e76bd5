// What a tool call costs, against the SDK's own client in the same run: a call from a process that has only the session
// id, further calls, the memory that an idle link keeps, and the app's CPU for a call over tRPC. Needs --expose-gc.
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { createMcp } from "@mcp-assistant/core";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { forgetProcessWide } from "../../core/dist/process-wide.js";

const [rounds, callsPerRound] = [7, 120];
/** What a call over tRPC may cost. */
const maxCpu = { empty: 4, naive: 0.2 };
const args = { a: 1, b: 2 };

export async function measure(redisUrl) {
  const servers = fork(new URL("./client/servers.mjs", import.meta.url));
  const [urls] = await once(servers, "message");
  const hosts = Object.values(urls).map((url) => new URL(url).host);
  try {
    const rows = [];
    for (const [era, maxCold] of Object.entries({ legacy: 0.6, modern: 0.9 })) {
      rows.push(...(await times(redisUrl, { era, maxCold, url: urls[era], hosts })));
      rows.push(await heapPerLink(redisUrl, { era, url: urls[era], hosts }));
      rows.push(...(await cpuOverTrpc(redisUrl, { era, url: urls[era], hosts })));
    }
    return rows;
  } finally {
    servers.disconnect();
    await once(servers, "exit");
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const open = (storage, allowHosts) =>
  createMcp({
    storage,
    encryptionKeys: `bench:${Buffer.alloc(32, "bench").toString("base64")}`,
    baseUrl: "http://127.0.0.1:9",
    outbound: { allowHosts },
    limits: { callsPerMinute: 60_000, connectsPerMinute: 60_000 },
    logger: null,
  });

async function bare(url) {
  const client = new Client({ name: "bench", version: "1" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

/** The two take turns, call by call, so that other load on the machine affects both. The ratio of their medians. */
async function ratio(ours, theirs) {
  const ratios = [];
  for (let round = 0; round <= rounds; round += 1) {
    const taken = [[], []];
    for (let count = 0; count < callsPerRound; count += 1) {
      for (const [at, call] of [ours, theirs].entries()) {
        const startedAt = performance.now();
        await call();
        taken[at].push(performance.now() - startedAt);
      }
    }
    // The first round warms up.
    if (round > 0) ratios.push(median(taken[0]) / median(taken[1]));
  }
  return median(ratios);
}

async function times(redisUrl, { era, maxCold, url, hosts }) {
  const mcp = open(redisUrl, hosts);
  const user = mcp.forUser(`times-${era}`);
  const { sessionId } = await user.connect({ serverUrl: url });
  const kept = await bare(url);
  const callBare = (client) => client.callTool({ name: "add", arguments: args });
  const cold = async () => {
    forgetProcessWide("cache", "tools");
    const client = user.client(sessionId);
    await client.callTool("add", args);
    await client.close();
  };
  const again = async () => {
    const client = await bare(url);
    await callBare(client);
    await client.close();
  };
  try {
    return [
      {
        what: `${era}: a call with the session id alone, p50, compared with the bare client connecting again`,
        measured: await ratio(cold, again),
        limit: maxCold,
        unit: "x",
      },
      {
        what: `${era}: a further call, p50, compared with the bare client on an initialised connection`,
        measured: await ratio(
          () => user.callTool(sessionId, "add", args),
          () => callBare(kept),
        ),
        limit: 1.25,
        unit: "x",
      },
    ];
  } finally {
    await kept.close();
    await mcp.close();
  }
}

async function settledHeap() {
  for (let count = 0; count < 4; count += 1) {
    globalThis.gc();
    await pause(50);
  }
  return process.memoryUsage().heapUsed;
}

async function heapPerLink(redisUrl, { era, url, hosts }) {
  const [users, connections] = [5, 40];
  const mcp = open(redisUrl, hosts);
  const links = [];
  for (let at = 0; at < users; at += 1) {
    const user = mcp.forUser(`links-${era}-${at}`);
    for (let count = 0; count < connections; count += 1) {
      const { sessionId } = await user.connect({ serverUrl: url, serverId: `server-${count}` });
      links.push(() => user.callTool(sessionId, "add", args));
    }
  }
  const [first = () => undefined, ...others] = links;
  // What the process needs once for all links is there after the first of them.
  await first();
  const before = await settledHeap();
  for (const call of others) await call();
  const used = (await settledHeap()) - before;
  await mcp.close();
  return {
    what: `${era}: heap of an idle link, without instructions`,
    measured: used / others.length,
    limit: 12_288,
    unit: "B",
  };
}

/** The app's CPU (µs) for a call of each kind. They take turns in rounds; each has the lowest of them. */
async function cpuOverTrpc(redisUrl, { era, url, hosts }) {
  const app = fork(new URL("./client/app.mjs", import.meta.url), [redisUrl, ...hosts]);
  const [origin] = await once(app, "message");
  const ask = async (path, input) => {
    const response = await fetch(`${origin}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(input),
    });
    const { result } = await response.json();
    if (!result) throw new Error(`The app refused ${path}`);
    return result.data;
  };
  const { sessionId } = await ask("mcp.connections.connect", { serverUrl: url, serverId: era });
  const kinds = {
    ours: () => ask("mcp.tools.call", { sessionId, name: "add", arguments: args }),
    empty: () => ask("empty", {}),
    naive: () => ask("naive", { serverUrl: url, args }),
  };
  const cpu = async () => {
    app.send("cpu");
    return (await once(app, "message"))[0];
  };
  const least = { ours: Number.POSITIVE_INFINITY, empty: Number.POSITIVE_INFINITY, naive: Number.POSITIVE_INFINITY };
  for (let round = 0; round <= rounds; round += 1) {
    for (const [kind, call] of Object.entries(kinds)) {
      const calls = 400;
      let left = calls;
      const before = await cpu();
      const caller = async () => {
        while (left-- > 0) await call();
      };
      await Promise.all(Array.from({ length: 32 }, caller));
      const used = ((await cpu()) - before) / calls;
      if (round > 0) least[kind] = Math.min(least[kind], used);
    }
  }
  app.disconnect();
  await once(app, "exit");
  return Object.entries(maxCpu).map(([kind, limit]) => ({
    what: `${era}: the app's CPU for tools.call over tRPC, compared with ${{ empty: "an empty mutation", naive: "a connection for each call" }[kind]}`,
    measured: least.ours / least[kind],
    limit,
    unit: "x",
  }));
}
