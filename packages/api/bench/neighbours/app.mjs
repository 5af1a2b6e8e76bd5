// The app: the handler behind node:http, on Redis, with the default limits. The header Authorization names the user.
// Arguments: the URL of Redis, and the hosts that users may connect to. It sends its origin, and then answers `watch`,
// `report` and `rest`.
import { createServer } from "node:http";
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { createMcp } from "@mcp-assistant/core";
import { createMcpHandler, toNodeHandler } from "../../dist/index.js";
import { watchLoop } from "./watch-loop.mjs";

const [storage, ...allowHosts] = process.argv.slice(2);

const server = createServer((request, response) => handle(request, response));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
const mcp = createMcp({
  storage,
  encryptionKeys: `bench:${Buffer.alloc(32, "bench").toString("base64")}`,
  baseUrl: origin,
  outbound: { allowHosts },
  logger: null,
});
const userId = ({ headers }) => /^Bearer (\S+)$/.exec(headers.get("authorization") ?? "")?.[1] ?? null;
const handle = toNodeHandler(createMcpHandler({ mcp, userId }));

/** Waits, for ten seconds at most, until the event loop has been idle for most of a fifth of a second. */
async function rest() {
  for (let round = 0; round < 50; round += 1) {
    const before = performance.eventLoopUtilization();
    await pause(200);
    if (performance.eventLoopUtilization(before).utilization < 0.2) return;
  }
}

let watched = watchLoop();
const answers = {
  watch: () => {
    watched.end();
    watched = watchLoop();
  },
  report: () => watched.end(),
  rest,
};
process.on("message", async (question) => process.send((await answers[question]()) ?? "done"));
process.on("disconnect", () => process.exit(0));
process.send(origin);
