// The cost of outbound requests: client CPU of a warm tool call over the guarded fetch, compared with global fetch in
// the same run, and the listeners that calls leave behind on a shared signal.
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
  // Global fetch keeps its listeners until the next garbage collection, so Node would print warnings.
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
        what: `client CPU of a warm call, ${inFlight} in flight, JSON, compared with global fetch`,
        measured: await ratio(`http://${host}/json`, plain(guarded)),
        limit: 0.55,
        unit: "x",
      },
      {
        what: "the same with meter, limits and deadline, compared with global fetch without them",
        measured: await ratio(`http://${host}/json`, dialled(guarded)),
        limit: 0.75,
        unit: "x",
      },
      {
        what: `client CPU of a warm call, ${inFlight} in flight, event stream, compared with global fetch`,
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

/** The SDK's client over the given fetch. Returns functions that call a tool and close the client. */
const plain = (fetch) => async (url) => {
  const client = new Client({ name: "bench", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { fetch }));
  return { call: () => client.callTool({ name: "echo", arguments: { text: "hi" } }), close: () => client.close() };
};

/** A connection made the way the product makes it. */
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

/** The ratio of the lowest costs over several rounds. The two take turns, so other load on the machine affects both. */
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

/** One signal for all requests of a connection, as in the SDK. */
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
