import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import { startRedisGate } from "@mcp-assistant/testing/redis";
import { expect, inject, onTestFinished, test } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { forgetProcessWide } from "../src/process-wide.js";
import { encryptionKeys, someUser } from "../src/samples.fixture.js";
import { startStatefulServer } from "./stateful-server.js";

const program = fileURLToPath(new URL("./cold-call-worker.mjs", import.meta.url));

/** A server of either era: the requests that it got since the last time, and a call to one of its tools. */
const servers = {
  "legacy, JSON": () => startLegacy(true),
  "legacy, event streams": () => startLegacy(false),
  modern: async () => {
    const server = await startModernServer({ legacy: "reject" });
    const takeRequests = () => {
      const taken = server.requests().map(({ rpcMethod, method }) => rpcMethod ?? method);
      server.resetRequests();
      return taken;
    };
    return { ...server, takeRequests, tool: "add", args: { a: 1, b: 2 } };
  },
};

async function startLegacy(isJson: boolean) {
  const server = await startStatefulServer({ isJson });
  const takeRequests = () => server.takeRequests().map(({ what }) => what);
  return { ...server, takeRequests, tool: "echo", args: { text: "a" } };
}

/** An app behind a proxy that counts what goes to Redis. Its answers come late, so that each wait for one shows. */
async function startCounted(server: { hosts: readonly string[] }) {
  const { hostname, port, pathname } = new URL(inject("redisUrl"));
  expect(hostname).toBe("127.0.0.1");
  const gate = await startRedisGate({ port: Number(port), delayMs: 25 });
  const mcp = appFor(
    { hosts: [...server.hosts] },
    { storage: `redis://127.0.0.1:${gate.port}${pathname}`, encryptionKeys },
  );
  return {
    mcp,
    gate,
    end: async () => {
      await mcp.close();
      await gate.end();
    },
  };
}

test.each(Object.keys(servers) as (keyof typeof servers)[])(
  "a cold call is one request, and two round trips to Redis at most; a warm one is one of each (%s)",
  async (kind) => {
    const server = await servers[kind]();
    const { mcp, gate, end } = await startCounted(server);
    onTestFinished(async () => {
      await end();
      await server.close();
    });
    const user = mcp.forUser(someUser());
    const { sessionId } = await user.connect({ serverUrl: server.url });
    // After this, the process has its connection to Redis, and forgets what else it knows.
    await user.callTool(sessionId, server.tool, server.args);
    forgetProcessWide("cache", "tools");
    const counted = async (call: () => Promise<unknown>) => {
      server.takeRequests();
      gate.takeTraffic();
      expect(await call()).toMatchObject({ structuredContent: expect.anything() });
      return { requests: server.takeRequests(), roundTrips: gate.takeTraffic().roundTrips };
    };
    const once = ["tools/call"];
    const first = await counted(() => user.callTool(sessionId, server.tool, server.args));
    expect(first.requests).toEqual(once);
    expect(first.roundTrips).toBeLessThanOrEqual(2);
    const second = await counted(() => user.callTool(sessionId, server.tool, server.args));
    expect(second).toEqual({ requests: once, roundTrips: 1 });
  },
);

test("8 processes call 2 000 times in one transport session, and each caller gets its own answer", {
  timeout: 240_000,
}, async () => {
  const server = await startStatefulServer();
  const mcp = appFor(server, { storage: inject("redisUrl"), encryptionKeys });
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: server.url });
  const task = { url: inject("redisUrl"), encryptionKeys, hosts: server.hosts, userId: user.userId, sessionId };
  const workers = await Promise.all(
    Array.from({ length: 8 }, async (_, name) => {
      const child = fork(program, [JSON.stringify({ ...task, name, calls: 250, atOnce: 6 })]);
      onTestFinished(() => void child.kill("SIGKILL"));
      await once(child, "message");
      return child;
    }),
  );
  server.takeRequests();
  const reports = await Promise.all(
    workers.map(async (child) => {
      const report = once(child, "message");
      child.send("go");
      return (await report)[0];
    }),
  );
  expect(reports).toEqual(Array.from({ length: 8 }, () => ({ wrong: 0, codes: [] })));
  const requests = server.takeRequests();
  expect(requests.filter(({ what }) => what === "tools/call")).toHaveLength(2_000);
  expect(requests).toHaveLength(2_000);
  expect(new Set(requests.map(({ session }) => session)).size).toBe(1);
  expect(new Set(requests.map(({ id }) => id)).size).toBe(2_000);
});

test("200 cold calls leave the one transport session that is kept, and it ends with the connection", async () => {
  const server = await startStatefulServer({ isJson: true });
  const mcp = appFor(server, { storage: inject("redisUrl"), encryptionKeys });
  onTestFinished(async () => {
    await mcp.close();
    await server.close();
  });
  const user = mcp.forUser(someUser());
  const { sessionId } = await user.connect({ serverUrl: server.url });
  for (let call = 0; call < 200; call += 1) await user.callTool(sessionId, "echo", { text: "a" });
  expect(server.open()).toHaveLength(1);
  await user.remove(sessionId);
  expect(server.open()).toEqual([]);
});
