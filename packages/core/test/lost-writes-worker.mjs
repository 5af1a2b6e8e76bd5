// One writer of the scenario in lost-writes.ts: updates sessions by compare-and-set until `quota` updates are
// acknowledged. It writes down what it is about to do before each commit, and the acknowledgement after it: both
// survive a `kill -9`.
import { openSync, writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { openStorage } from "./open-storage.mjs";

const { url, prefix, quota, inFlight, sessions, intentsFile, acknowledgedFile } = JSON.parse(process.argv[2]);
const { sessions: store, close } = openStorage(url);
const intents = openSync(intentsFile, "a");
const acknowledged = openSync(acknowledgedFile, "a");
let left = quota;
let written = 0;

/** True when the update was acknowledged, false when another writer was faster. */
async function update({ userId, sessionId }) {
  const stored = await store.read(userId, sessionId);
  if (!stored) throw new Error(`The session ${sessionId} is gone`);
  const { record: previous, now } = stored;
  written += 1;
  const token = `${prefix}${String(written).padStart(8, "0")}`;
  writeSync(intents, `${token} ${previous.reason}\n`);
  const next = { ...previous, v: previous.v + 1, reason: token };
  const { serverId } = previous;
  const at = new Date(now).toISOString();
  const event = { type: "progress", sessionId, serverId, v: next.v, at, message: token };
  if (!(await store.commit({ previous, next, events: [event] }))) return false;
  writeSync(acknowledged, `${token}\n`);
  return true;
}

async function work() {
  while (left > 0) {
    left -= 1;
    const session = sessions[Math.floor(Math.random() * sessions.length)];
    for (let done = false; !done; ) {
      done = await update(session).catch(async (error) => {
        if (error.code !== "STORE_UNAVAILABLE") throw error;
        await pause(20);
        return false;
      });
    }
  }
}

await Promise.all(Array.from({ length: inFlight }, work));
await close();
