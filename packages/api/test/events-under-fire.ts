import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startModernServer } from "@mcp-assistant/demo-servers/modern";
import type { Connection, McpConnectionEvent } from "@mcp-assistant/protocol";
import { eventually } from "@mcp-assistant/testing/eventually";
import { type CuttingProxy, startCuttingProxy } from "@mcp-assistant/testing/redis";
import { seededRandom } from "@mcp-assistant/testing/seeded-random";
import { type StartedProcess, startProcess } from "@mcp-assistant/testkit/processes";
import { startRedis } from "@mcp-assistant/testkit/redis";
import { Redis } from "ioredis";
import { clientOf, startApp } from "./app.js";
import { EventTally } from "./events-tally.js";

/** The scenarios do in a second what a user does in an hour. */
const limits = { connectsPerMinute: 60_000, callsPerMinute: 60_000, streamsPerMinute: 60_000 };

/** Opens the user's stream at an app and reports every event in the order in which it arrives. Returns its close. */
export type OpenReader = (origin: string, user: string, onEvent: (event: McpConnectionEvent) => void) => () => void;

export interface EventsSizes {
  users: number;
  eventsPerUser: number;
  /** How many connections of readers are cut. */
  cuts: number;
  /** How often the app's process loses the Redis connection that notifies it of new events. */
  subscriberCuts: number;
  /** Events a second for each user. 0: as fast as possible. */
  perSecond: number;
  /** How many of a user's events may be in flight. Must fit into the log, which keeps 256. */
  window: number;
  seed: number;
  /** ms */
  timeLimit: number;
}

/**
 * Sends events end to end: a process that commits them, Redis, a process that serves them, HTTP through a proxy that
 * cuts connections, and a reader. Counts the events that each user's reader lost, got twice or got out of order.
 */
export async function deliverUnderFire(openReader: OpenReader, sizes: EventsSizes) {
  return withReaders(openReader, sizes.users, async ({ redisUrl, proxy, tallies }) => {
    const random = seededRandom(sizes.seed);
    const total = sizes.users * sizes.eventsPerUser;
    const received = () => tallies.reduce((sum, { received: count }) => sum + count, 0);
    const raw = new Redis(redisUrl);
    const acceptedBefore = proxy.accepted;
    const startedAt = performance.now();
    const publisher = await startPublisher(redisUrl, tallies, sizes);
    let [cuts, subscriberCuts] = [0, 0];
    let code: number | undefined;
    void publisher.exited.then((exitCode) => {
      code = exitCode;
    });
    try {
      while (!tallies.every(({ seen }) => seen >= sizes.eventsPerUser)) {
        await pause(10);
        if (code) throw new Error(`The publisher ended with ${code}:\n${publisher.output()}`);
        if (performance.now() - startedAt > sizes.timeLimit) break;
        await raw.set("received", JSON.stringify(tallies.map((tally) => tally.seen)));
        const share = received() / total;
        if (subscriberCuts < sizes.subscriberCuts && share >= (subscriberCuts + 1) / (sizes.subscriberCuts + 1)) {
          subscriberCuts += Number(await raw.call("CLIENT", "KILL", "TYPE", "pubsub")) > 0 ? 1 : 0;
        }
        const standing = proxy.connections();
        // The cuts end before the events do, so that every reader that was cut has events left to reconnect for.
        while (cuts < sizes.cuts && share >= (0.8 * cuts) / sizes.cuts && standing.length > 0) {
          const [connection] = standing.splice(random.below(standing.length), 1);
          cuts += 1;
          if (random.below(3) === 0) connection?.cutAfter(random.below(1_500));
          else connection?.cut({ reset: random.below(2) === 0 });
        }
      }
      // The last ones that were cut may have no event left to wait for.
      await eventually(() => proxy.accepted - acceptedBefore >= 0.8 * cuts, { timeout: 20_000 }).catch(() => undefined);
    } finally {
      await publisher.kill9();
      raw.disconnect();
    }
    const sum = (count: (tally: EventTally) => number) => tallies.reduce((all, tally) => all + count(tally), 0);
    return {
      events: received(),
      lost: sum((tally) => tally.lost + Math.max(0, sizes.eventsPerUser - tally.seen)),
      again: sum((tally) => tally.again),
      resets: sum((tally) => tally.resets) - sizes.users,
      behind: tallies.filter(({ seen }) => seen < sizes.eventsPerUser).map(({ user, seen }) => `${user}: ${seen}`),
      cuts,
      reconnects: proxy.accepted - acceptedBefore,
      subscriberCuts,
      seconds: (performance.now() - startedAt) / 1_000,
    };
  });
}

/**
 * While no reader can reach the app, there are more events than the log keeps. Every reader must end with one more
 * snapshot, and with exactly the connections that the app itself lists.
 */
export async function overrunTheLog(openReader: OpenReader, sizes: Pick<EventsSizes, "users" | "eventsPerUser">) {
  return withReaders(openReader, sizes.users, async ({ redisUrl, proxy, tallies, list }) => {
    await proxy.refuse();
    const publisher = await startPublisher(redisUrl, tallies, { ...sizes, perSecond: 0, window: 0 });
    const code = await publisher.exited;
    if (code !== 0) throw new Error(`The publisher ended with ${code}:\n${publisher.output()}`);
    await proxy.resume();
    await eventually(() => tallies.every(({ resets }) => resets > 1), { timeout: 20_000 });
    // Nothing more may come. This gives a wrong event the time to arrive.
    await pause(500);
    const listed = await Promise.all(tallies.map(({ user }) => list(user)));
    return tallies.map(({ resets, received, connections }, index) => ({
      resets,
      received,
      connections,
      listed: listed[index] ?? [],
    }));
  });
}

interface Running {
  redisUrl: string;
  proxy: CuttingProxy;
  /** One for each user. Their streams are open and have begun. */
  tallies: EventTally[];
  /** The connections that the app itself lists. */
  list(user: string): Promise<Connection[]>;
}

/** Starts all parts, in separate processes as in production, with a connection for each user. Stops them at the end. */
async function withReaders<T>(
  openReader: OpenReader,
  users: number,
  run: (running: Running) => Promise<T>,
): Promise<T> {
  const closers: (() => unknown)[] = [];
  try {
    const redis = await startRedis();
    closers.push(() => redis.stop());
    const server = await startModernServer();
    closers.push(() => server.close());
    const app = await startApp({ storage: redis.url, allowHosts: server.hosts, limits });
    closers.push(() => app.stop());
    const proxy = await startCuttingProxy({ port: Number(new URL(app.origin).port) });
    closers.push(() => proxy.close());
    const tallies: EventTally[] = [];
    for (let count = 0; count < users; count++) {
      const tally = new EventTally(`user-${randomUUID()}`);
      await clientOf(app.origin, tally.user).connections.connect.mutate({ serverUrl: server.url });
      closers.push(openReader(`http://${proxy.host}`, tally.user, (event) => tally.record(event)));
      tallies.push(tally);
    }
    await eventually(() => tallies.every(({ resets }) => resets === 1), { timeout: 20_000 });
    const list = (user: string) => clientOf(app.origin, user).connections.list.query();
    return await run({ redisUrl: redis.url, proxy, tallies, list });
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

const program = fileURLToPath(new URL("../../core/test/publish-events.mjs", import.meta.url));

function startPublisher(
  url: string,
  tallies: EventTally[],
  { eventsPerUser, perSecond, window }: Pick<EventsSizes, "eventsPerUser" | "perSecond" | "window">,
): Promise<StartedProcess> {
  const task = { url, users: tallies.map(({ user }) => user), eventsPerUser, perSecond, window };
  return startProcess({ command: process.execPath, args: [program, JSON.stringify(task)] });
}
