// A host's app with our router, an empty mutation, and the naive way of calling a tool: a record of 25 KB for each
// session, and a connection for each call. Arguments: the URL of Redis, and the hosts that users may connect to. It sends
// its origin, and answers each message with the CPU time (µs) that the process has used.
import { createMcp } from "@mcp-assistant/core";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { initTRPC } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import { Redis } from "ioredis";
import { createMcpRouter } from "../../dist/index.js";

const [storage, ...allowHosts] = process.argv.slice(2);
const redis = new Redis(storage);
const mcp = createMcp({
  storage,
  encryptionKeys: `bench:${Buffer.alloc(32, "bench").toString("base64")}`,
  baseUrl: "http://127.0.0.1:9",
  outbound: { allowHosts },
  limits: { callsPerMinute: 60_000, callsPerSession: 64 },
  logger: null,
});

async function callNaively({ serverUrl, args }) {
  const key = `naive:${serverUrl}`;
  const record = JSON.parse((await redis.get(key)) ?? JSON.stringify({ serverUrl, tools: "x".repeat(25_000) }));
  const client = new Client({ name: "naive", version: "1" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(new URL(record.serverUrl)));
  try {
    await client.listTools();
    const result = await client.callTool({ name: "add", arguments: args });
    await redis.set(key, JSON.stringify(record));
    return result;
  } finally {
    await client.close();
  }
}

const { router, procedure } = initTRPC.create();
const server = createHTTPServer({
  router: router({
    mcp: createMcpRouter({ mcp, procedure, userId: () => "bench" }),
    empty: procedure.mutation(() => ({ content: [] })),
    naive: procedure.input((input) => input).mutation(({ input }) => callNaively(input)),
  }),
});
server.listen(0, "127.0.0.1", () => process.send(`http://127.0.0.1:${server.address().port}`));
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send(user + system);
});
process.on("disconnect", () => process.exit(0));
