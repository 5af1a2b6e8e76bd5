import { setTimeout as pause } from "node:timers/promises";
import { type DemoServer, startModernServer } from "@mcp-assistant/demo-servers/modern";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { appFor } from "../authorization/sign-in/sign-in.fixture.js";
import { partsOf } from "../open-mcps.js";
import { someUser } from "../samples.fixture.js";
import { LinkPool, type LinkPoolOptions } from "./link-pool.js";
import type { Links } from "./links.js";

let server: DemoServer;

beforeAll(async () => {
  server = await startModernServer();
});
afterAll(() => server.close());

/** A pool, and a use of it by each of some sessions, which returns the links and what they are connected to. */
async function pooled(options: LinkPoolOptions, sessions = 1) {
  const mcp = appFor(server);
  const pool = new LinkPool(options);
  onTestFinished(async () => {
    await pool.close();
    await mcp.close();
  });
  const deps = partsOf(mcp)();
  const users = await Promise.all(
    Array.from({ length: sessions }, async () => {
      const userId = someUser();
      const { sessionId } = await mcp.forUser(userId).connect({ serverUrl: server.url });
      const session = { userId, sessionId };
      return (ms = 0) =>
        pool.use(deps, session, async (links: Links) => {
          const stored = await deps.sessions.read(userId, sessionId);
          return links.use(stored, async (dialled) => {
            await pause(ms);
            return dialled;
          });
        });
    }),
  );
  return { pool, users, deps };
}

test("uses of a session share one connection, one after the other and at the same time", async () => {
  const { pool, users } = await pooled({});
  const [use = async () => undefined] = users;
  const first = await use();
  expect(await Promise.all([use(10), use(10), use()])).toEqual([first, first, first]);
  expect(new Set([first, await use(), await use()]).size).toBe(1);
  expect(pool.size).toBe(1);
});

test("a connection that is not used is closed after a while, but not while it is used", async () => {
  const { pool, users } = await pooled({ idleMs: 100 });
  const [use = async () => undefined] = users;
  const first = await use();
  expect(await use(300)).toBe(first);
  await expect.poll(() => pool.size).toBe(0);
  expect(await use()).not.toBe(first);
});

test("beyond its size, it closes the connection that was used least recently", async () => {
  const { pool, users } = await pooled({ maxIdle: 2 }, 3);
  const [a = async () => undefined, b = a, c = a] = users;
  const [ofA, ofB] = [await a(), await b()];
  expect(await a()).toBe(ofA);
  const ofC = await c();
  expect(pool.size).toBe(2);
  expect([await a(), await c()]).toEqual([ofA, ofC]);
  expect(await b()).not.toBe(ofB);
});

test("a session that cannot be used takes no place", async () => {
  const { pool, deps } = await pooled({}, 0);
  const failing = pool.use(deps, { userId: someUser(), sessionId: "none" }, async () => {
    throw new Error("There is no such session");
  });
  await expect(failing).rejects.toThrow("There is no such session");
  expect(pool.size).toBe(0);
});
