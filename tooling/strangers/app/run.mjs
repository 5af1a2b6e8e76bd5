// A host's own tRPC server with our procedures in its router. Fails if something differs from what the host may expect.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createMcp, createMcpRouter, mcpErrorFormatter, mcpSseOptions } from "@mcp-assistant/mcp-redis/server";
import { initTRPC, TRPCError } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";

const require = createRequire(import.meta.url);
const { dependencies } = require("./package.json");

/** Where a package resolves, as seen by another package or by the app. */
const found = (name, by) => {
  const from = by ? createRequire(require.resolve(`${by}/package.json`)) : require;
  return from.resolve(`${name}/package.json`);
};

const uses = {
  "@mcp-assistant/mcp-redis": ["@trpc/server", "@trpc/client", "@tanstack/react-query", "react"],
  "@trpc/client": ["@trpc/server"],
  "@trpc/react-query": ["@trpc/server", "@trpc/client", "@tanstack/react-query", "react"],
  "@trpc/tanstack-react-query": ["@trpc/server", "@trpc/client", "@tanstack/react-query", "react"],
  "@tanstack/react-query": ["react"],
};
for (const [by, names] of Object.entries(uses)) {
  if (by in dependencies)
    for (const name of names) assert.equal(found(name, by), found(name), `${by} uses another ${name}`);
}

await assert.rejects(import("@mcp-assistant/mcp-redis"), /mcp-redis\/server/);
assert.equal(typeof (await import("@mcp-assistant/mcp-redis/client")).useMcp, "function");
assert.equal(typeof (await import("@mcp-assistant/mcp-redis/shared")).isMcpSessionError, "function");

const mcp = createMcp({
  storage: "memory",
  baseUrl: "http://127.0.0.1:3000",
  outbound: { allowHosts: [new URL(process.env.MCP_SERVER).host] },
});
const sse = { ...mcpSseOptions, ping: { enabled: true, intervalMs: 50 } };
const t = initTRPC.context().create({ sse, errorFormatter: mcpErrorFormatter });
const router = t.router({ mcp: createMcpRouter({ mcp, procedure: t.procedure, userId: () => "ada" }) });
const app = t.createCallerFactory(router)({});

await assert.rejects(app.mcp.tools.list({ sessionId: "unknown" }), TRPCError);

const server = createHTTPServer({ router, createContext: () => ({}) });
server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}/mcp.events.subscribe`;

/** The stream's frames up to one with `text` and the next ping, without the frames that tRPC adds. */
async function framesUntil(text, headers = {}) {
  const { body } = await fetch(url, { headers, signal: AbortSignal.timeout(20_000) });
  let received = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    received += chunk;
    if (received.includes(text) && /\nevent: ping\n[\s\S]*\n\n$/.test(received)) break;
  }
  const frames = received.split("\n\n").filter((frame) => /^data:/m.test(frame));
  return frames.filter((frame) => !/^event: (?:connected|ping)$/m.test(frame));
}

const reading = framesUntil('"CONNECTED"');
const { sessionId } = await app.mcp.connections.connect({ serverUrl: process.env.MCP_SERVER });
const frames = await reading;
assert.ok(frames.length >= 2, frames.join("\n\n"));
for (const frame of frames) assert.match(frame, /^id: ?\d+-\d+$/m);

const [, lastEventId] = /^id: ?(.+)$/m.exec(frames.at(-1));
await app.mcp.connections.remove({ sessionId });
const [resumed] = await framesUntil('"session_removed"', { "last-event-id": lastEventId });
assert.doesNotMatch(resumed, /"reset"/);

server.close();
server.closeAllConnections();
await mcp.close();
