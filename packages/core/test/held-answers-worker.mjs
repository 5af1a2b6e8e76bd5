// A process of an app. It lets its users call a hostile server many times at once, and reports what the
// answers took while all that had room were held. Needs --expose-gc.
import { setTimeout as pause } from "node:timers/promises";
import { createMcp } from "../dist/index.js";

const [url] = process.argv.slice(2);
const mcp = createMcp({
  storage: "memory",
  baseUrl: "http://127.0.0.1:9",
  outbound: { allowHosts: [new URL(url).host] },
  limits: { callsPerMinute: 60_000, connectsPerMinute: 60_000 },
  logger: null,
});

/** Bytes of the heap and of buffers. */
function used() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function connect(users, connections) {
  const clients = [];
  for (let user = 0; user < users; user += 1) {
    for (let connection = 0; connection < connections; connection += 1) {
      const userId = `eve-${user}`;
      const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: url, serverId: `server-${connection}` });
      clients.push(mcp.forUser(userId).client(sessionId));
    }
  }
  return clients;
}

process.once("message", async ({ users, connections, calls, heldCalls }) => {
  const clients = await connect(users, connections);
  process.send("connected");
  await new Promise((resolve) => process.once("message", resolve));
  globalThis.gc();
  const before = { used: used(), rss: process.memoryUsage.rss() };
  let peak = before.rss;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 5);
  const gone = new AbortController();
  const codes = [];
  const all = clients.flatMap((client) =>
    Array.from({ length: calls }, () =>
      client.callTool("whoami", {}, { signal: gone.signal }).then(
        () => codes.push("answered"),
        ({ code }) => codes.push(code),
      ),
    ),
  );
  while (codes.length < all.length - heldCalls) await pause(20);
  // What is under way arrives.
  await pause(500);
  const refused = [...codes];
  // Buffers are freed some time after the collection that finds them unused.
  for (let round = 0; round < 10; round += 1) {
    globalThis.gc();
    await pause(50);
  }
  const held = used() - before.used;
  gone.abort();
  await Promise.all(all);
  await Promise.all(clients.map((client) => client.close()));
  clearInterval(watch);
  process.send({ refused, held, peak: peak - before.rss });
});
process.send("ready");
