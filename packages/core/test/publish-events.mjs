// Publishes events for scenarios in other packages: moves every user's only session between CONNECTED and VALIDATING.
// Each move is a commit with one event, whose `v` is one more than that of the event before. `perSecond` is the pace
// per user. With a `window`, events are never further than that ahead of the user's reader, whose progress is in the
// key `received`.
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { Sessions } from "../dist/session/sessions.js";
import { openStorage } from "./open-storage.mjs";

const { url, users, eventsPerUser, perSecond, window } = JSON.parse(process.argv[2]);
const { sessions: store, close } = openStorage(url);
const sessions = new Sessions({ store, authUrl: (sessionId) => `http://127.0.0.1/sign-in?session=${sessionId}` });
const redis = new Redis(url);

const moves = [
  (now) => ({ state: "VALIDATING", work: { owner: "publisher", until: now + 20_000 } }),
  () => ({ state: "CONNECTED" }),
];

let received = [];
let publishing = users.length;

async function watchReaders() {
  while (publishing > 0) {
    received = JSON.parse((await redis.get("received")) ?? "[]");
    await pause(20);
  }
}

/** A commit whose answer was lost may have been done, so only the record itself says how far it is. */
async function readRecord(userId) {
  for (;;) {
    try {
      const [record] = (await store.list(userId)).sessions;
      return record;
    } catch (error) {
      if (error.code !== "STORE_UNAVAILABLE") throw error;
      await pause(50);
    }
  }
}

async function publish(userId, index) {
  let record = await readRecord(userId);
  const first = record.v;
  for (let sent = 0; sent < eventsPerUser; sent = record.v - first) {
    const due = startedAt + ((sent + index / users.length) / perSecond) * 1_000;
    if (perSecond) await pause(Math.max(0, due - performance.now()));
    while (window && sent - (received[index] ?? 0) >= window) await pause(10);
    const next = await sessions.tryChange(record, moves[sent % 2](store.now())).catch((error) => {
      if (error.code !== "STORE_UNAVAILABLE") throw error;
    });
    record = next ?? (await readRecord(userId));
  }
  publishing -= 1;
}

const startedAt = performance.now();
await Promise.all([watchReaders(), ...users.map(publish)]);
redis.disconnect();
await close();
