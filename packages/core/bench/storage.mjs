// The cost of the storage: round trips, the time until another process receives a change, memory per listener, and
// large tool lists. Needs --expose-gc.
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { Sessions } from "../dist/session/sessions.js";
import { openStorage, storeTools } from "../test/open-storage.mjs";

export async function measure(url) {
  const storage = openStorage(url);
  try {
    return [
      {
        what: "round trips of a state change",
        measured: await roundTrips(url, storage),
        limit: 1,
        unit: "a change",
      },
      {
        what: "time until another process receives a change, compared with a bare PUBLISH",
        measured: await hearing(url, storage),
        limit: 4,
        unit: "x",
      },
      {
        what: "heap of an idle listener",
        measured: await heapPerListener(storage),
        limit: 2_048,
        unit: "B",
      },
      {
        what: "reading a session with 200 KB of tools, compared with one without tools",
        measured: await readingTools(storage),
        limit: 1.5,
        unit: "x",
      },
    ];
  } finally {
    await storage.close();
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** An ordinary session in state CONNECTED. */
async function createSession({ sessions: store }) {
  const userId = randomUUID();
  const now = Date.now();
  const record = {
    ...{ v: 1, format: 1, sessionId: `xxx${randomUUID()}.notes`, userId, serverId: "notes", serverName: "Notes" },
    ...{ serverUrl: "https://notes.example/mcp", callbackUrl: "https://app.example/api/mcp/auth/callback" },
    ...{ transportType: "auto", active: true, state: "CONNECTED", createdAt: now, stateSince: now, connectedAt: now },
    ...{ work: null, flow: null, challenge: null, era: "modern", tools: null, error: null, reason: null },
  };
  await store.create(record, [], { limit: 50 });
  return (await store.read(userId, record.sessionId)).record;
}

/** A state change writes the record by compare-and-set, its index, and its event to the log and the channel. */
const nextState = ({ state }, now) =>
  state === "CONNECTED"
    ? { state: "VALIDATING", work: { owner: "bench", until: now + 20_000 } }
    : { state: "CONNECTED" };

const sessionsOf = ({ sessions: store }) => new Sessions({ store, authUrl: () => "https://app.example/sign-in" });

/** Counted by Redis itself, without the commands that scripts call: those are not round trips. */
async function roundTrips(url, storage) {
  const changes = 500;
  const sessions = sessionsOf(storage);
  let record = await createSession(storage);
  record = await sessions.tryChange(record, nextState(record, sessions.now()));
  const redis = new Redis(url);
  const monitor = await redis.monitor();
  let commands = 0;
  monitor.on("monitor", (_time, _args, source) => {
    if (source !== "lua") commands += 1;
  });
  for (let count = 0; count < changes; count++) {
    record = await sessions.tryChange(record, nextState(record, sessions.now()));
  }
  await pause(200);
  monitor.disconnect();
  redis.disconnect();
  return commands / changes;
}

/** The median ratio of five runs. Each sends bare PUBLISHes and then changes to the same process at the same pace. */
async function hearing(url, storage) {
  const record = await createSession(storage);
  const listener = fork(new URL("./listener.mjs", import.meta.url), [url, record.userId]);
  await once(listener, "message");
  const redis = new Redis(url);
  const ratios = [];
  let previous = record;
  for (let run = 0; run < 5; run++) {
    const bare = await paced(listener, () => redis.publish("bare", `${process.hrtime.bigint()}`));
    const changed = await paced(listener, async () => {
      const message = `${process.hrtime.bigint()}`;
      const { sessionId, serverId } = previous;
      const next = { ...previous, v: previous.v + 1 };
      const event = { type: "progress", sessionId, serverId, v: next.v, at: new Date().toISOString(), message };
      await storage.sessions.commit({ previous, next, events: [event] });
      previous = next;
    });
    ratios.push(changed / bare);
  }
  redis.disconnect();
  listener.disconnect();
  return median(ratios);
}

/** The median delay (ns) of 500 messages at 400 a second, as measured by the listener. */
async function paced(listener, send) {
  for (let count = 0; count < 500; count++) {
    const due = performance.now() + 2.5;
    await send();
    while (performance.now() < due) await pause(1);
  }
  await pause(100);
  listener.send("delays");
  const [delays] = await once(listener, "message");
  if (delays.length !== 500) throw new Error(`The listener received ${delays.length} of 500 messages`);
  return median(delays);
}

async function heapPerListener({ hub }) {
  const listeners = 5_000;
  const settle = async () => {
    for (let count = 0; count < 4; count++) {
      globalThis.gc();
      await pause(50);
    }
    return process.memoryUsage().heapUsed;
  };
  const attach = () => hub.attach(randomUUID(), { entry: () => undefined, reset: () => undefined });
  await Promise.all(Array.from({ length: 100 }, attach));
  const before = await settle();
  const detach = [];
  for (let count = 0; count < listeners; count += 500) {
    detach.push(...(await Promise.all(Array.from({ length: 500 }, attach))));
  }
  const used = (await settle()) - before;
  for (const stop of detach) stop();
  return used / listeners;
}

async function readingTools(storage) {
  const tools = Array.from({ length: 100 }, (_, index) => ({
    name: `tool_${index}`,
    description: "x".repeat(2_000),
    inputSchema: { type: "object", properties: {} },
  }));
  const [small, large] = [await createSession(storage), await createSession(storage)];
  await storeTools(storage, large, tools);
  const times = { small: [], large: [] };
  for (let count = 0; count < 2_000; count++) {
    for (const [name, { userId, sessionId }] of Object.entries({ small, large })) {
      const startedAt = performance.now();
      await storage.sessions.read(userId, sessionId);
      times[name].push(performance.now() - startedAt);
    }
  }
  return median(times.large) / median(times.small);
}
