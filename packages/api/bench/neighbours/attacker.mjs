// One attacker: their server, and their requests to the app as one of its users. The argument names the attack. It
// sends the hosts of the server, then prepares for each message with an origin and a user, attacks at `go`, and after
// `stop` reports how many of its requests ended how.
import { once } from "node:events";
import { setPriority } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { attacks } from "./attacks.mjs";
import { visitorOf } from "./visitor.mjs";

// A real attacker has machines of their own: this one gets what the app and its other users leave.
setPriority(10);

const { startServer, prepare, lies, strike, loops, everyMs = 0, outcome, count } = attacks[process.argv[2]];
/** How long (ms) a busy machine may take until the attack shows. */
const patienceMs = 60_000;
const server = await startServer();
const heard = async () => (await once(process, "message"))[0];

/** One of several loops. It waits when it is told to, because until then there is nothing but the same refusal. */
async function loop(visitor, prepared, { at, outcomes, signal }) {
  const add = (code, number) => outcomes.set(code, (outcomes.get(code) ?? 0) + number);
  for (let round = 0; !signal.aborted; round += 1) {
    const began = performance.now();
    add("under way", 1);
    const { code, retryAfterMs } = await strike(visitor, prepared, { at, round }).catch((error) => {
      if (signal.aborted) return { code: "under way" };
      return { code: `${error.cause?.code ?? error.message}` };
    });
    if (code === "under way") return;
    add("under way", -1);
    add(code, 1);
    const waitMs = Math.max(everyMs - (performance.now() - began), retryAfterMs);
    await pause(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

async function run({ origin, userId }) {
  const stop = new AbortController();
  const visitor = visitorOf(origin, userId, stop.signal);
  server.lie({});
  const prepared = await prepare(visitor, server, lies);
  process.send("ready");
  await heard();
  server.lie(lies);
  const outcomes = new Map();
  const all = Array.from({ length: loops }, (_, at) => loop(visitor, prepared, { at, outcomes, signal: stop.signal }));
  await heard();
  for (const end = performance.now() + patienceMs; !outcomes.get(outcome) && performance.now() < end; ) await pause(20);
  stop.abort();
  await Promise.all(all);
  process.send({ outcomes: Object.fromEntries(outcomes), count: count?.of(server) ?? 0 });
}

process.on("disconnect", () => process.exit(0));
process.send([server.host ?? server.hosts].flat());
for (;;) await run(await heard());
