import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, inject, onTestFinished, test, vi } from "vitest";
import { appFor } from "../src/authorization/sign-in/sign-in.fixture.js";
import { encryptionKeys, someUser } from "../src/samples.fixture.js";
import { standingLeaseMs } from "../src/standing/standing-lease.js";
import { startChangingLegacy, startChangingModern } from "./changing-server.js";

const program = fileURLToPath(new URL("./standing-worker.mjs", import.meta.url));

test.each([
  ["legacy", startChangingLegacy],
  ["modern", startChangingModern],
] as const)(
  "one process of several has the stream, and another takes over when it is killed (%s)",
  {
    timeout: 240_000,
  },
  async (_, start) => {
    const server = await start();
    const mcp = appFor(server, { storage: inject("redisUrl"), encryptionKeys });
    onTestFinished(async () => {
      await mcp.close();
      await server.close();
    });
    const user = mcp.forUser(someUser());
    const { sessionId } = await user.connect({ serverUrl: server.url });
    const task = { url: inject("redisUrl"), encryptionKeys, hosts: server.hosts, userId: user.userId };
    const holder = await startReader(task);
    await vi.waitFor(() => expect(server.streams()).toBe(1), { timeout: 10_000 });
    const others = await Promise.all([startReader(task), startReader(task)]);
    server.changePrompts();
    for (const { events } of [holder, ...others])
      await vi.waitFor(() => expect(events).toContain("prompts_changed"), 10_000);

    await killed(holder.child);
    await vi.waitFor(() => expect(server.streams()).toBe(0));
    await vi.waitFor(() => expect(server.streams()).toBe(1), { timeout: standingLeaseMs + 10_000 });
    server.changeResources();
    for (const { events } of others) await vi.waitFor(() => expect(events).toContain("resources_changed"), 10_000);
    expect(server.mostStreams()).toBe(1);

    for (const { child } of others) child.send("end");
    await vi.waitFor(() => expect(server.streams()).toBe(0), { timeout: 10_000 });
    expect(await user.get(sessionId)).toMatchObject({ state: "CONNECTED" });
  },
);

async function startReader(task: unknown) {
  const child = fork(program, [JSON.stringify(task)]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const events: unknown[] = [];
  child.on("message", (event) => events.push(event));
  await vi.waitFor(() => expect(events).toContain("reset"), { timeout: 60_000 });
  return { child, events };
}

async function killed(child: ChildProcess) {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
