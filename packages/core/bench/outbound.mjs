// What the way out costs: client CPU of a warm tool call over the guarded fetch, against global fetch in the same run,
// and what calls leave behind on a signal that they share.
import { fork } from "node:child_process";
import { EventEmitter, getEventListeners, once } from "node:events";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { resolveOptions } from "../dist/options/resolve-options.js";
import { AddressPolicy } from "../dist/outbound/address-policy.js";
import { createGuardedFetch } from "../dist/outbound/guarded-fetch.js";
import { Dialled } from "../dist/server/dialled.js";
import { callTool } from "../dist/server/methods/tools.js";
import { GuardedTransport } from "../dist/server/transport.js";

const inFlight = 32;
const calls = 3_000;
const rounds = 4;

export async function measure() {
  // Global fetch leaves its listeners until the next collection, and says so.
  EventEmitter.defaultMaxListeners = 0;
  const server = fork(new URL("./mcp-server.mjs", import.meta.url));
  const [port] = await once(server, "message");
  try {
    const host = `127.0.0.1:${port}`;
    const guarded = createGuardedFetch({
      policy: new AddressPolicy([host]),
      log: () => undefined,
      timeout: 60_000,
    });
    return [
      {
        what: `client CPU of a warm call, ${inFlight} in flight, JSON, against global fetch`,
        measured: await ratio(`http://${host}/json`, plain(guarded)),
        limit: 0.55,
        unit: "x",
      },
      {
        what: "the same with meter, limits and deadline around it, against global fetch with none of them",
        measured: await ratio(`http://${host}/json`, dialled(guarded)),
        limit: 0.75,
        unit: "x",
      },
      {
        what: `client CPU of a warm call, ${inFlight} in flight, event stream, against global fetch`,
        measured: await ratio(`http://${host}/sse`, plain(guarded)),
        limit: 0.75,
        unit: "x",
      },
      {
        what: "listeners on a shared signal after 10 000 calls",
        measured: await listeners(`http://${host}/json`, guarded),
        limit: 20,
        unit: "listeners",
      },
    ];
  } finally {
    server.kill();
    await once(server, "exit");
  }
}

/** The SDK's client over a fetch. Answers what calls and what closes it. */
const plain = (fetch) => async (url) => {
  const client = new Client({ name: "bench", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { fetch }));
  return { call: () => client.callTool({ name: "echo", arguments: { text: "hi" } }), close: () => client.close() };
};

/** A connection as the product makes it. */
const dialled = (fetch) => async (text) => {
  const url = new URL(text);
  const client = new Client({ name: "bench", version: "1" });
  const transport = new GuardedTransport(url, { fetch });
  const connection = new Dialled({
    ...{ client, transport, url },
    auth: { grantedScope: null, awaited: undefined },
    admittedBy: "sign-in",
    limits: resolveOptions({}).limits,
    warn: () => undefined,
  });
  await connection.connect(({ options }) => client.connect(transport, options));
  const tool = { name: "echo", inputSchema: { type: "object" } };
  return { call: () => callTool(connection, tool, { text: "hi" }), close: () => connection.close() };
};

/** The least of several rounds that take turns: what else the machine does costs both. */
async function ratio(url, connect) {
  const connections = [await plain((...request) => fetch(...request))(url), await connect(url)];
  const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round <= rounds; round++) {
    for (const [which, { call }] of connections.entries()) {
      const cpu = await cpuOf(call);
      // The first round warms up.
      if (round > 0) least[which] = Math.min(least[which], cpu);
    }
  }
  await Promise.all(connections.map(({ close }) => close()));
  const [byGlobal, measured] = least;
  return measured / byGlobal;
}

async function cpuOf(call) {
  const before = process.cpuUsage();
  let left = calls;
  const caller = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** As the SDK asks: one signal for all the requests of a connection. */
async function listeners(url, guarded) {
  const { signal } = new AbortController();
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: {} });
  let left = 10_000;
  const caller = async () => {
    while (left-- > 0) await (await guarded(url, { method: "POST", body, signal })).text();
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return getEventListeners(signal, "abort").length;
}
