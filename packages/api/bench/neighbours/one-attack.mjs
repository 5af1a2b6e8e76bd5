// One attack on one app, several times. The app, the attacker and the other user's server each have a process.
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { on, once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { attacks } from "./attacks.mjs";
import { visitorOf } from "./visitor.mjs";

/** How many calls of the other user warm the app up, and how long (ms) they pause between two. */
const [warmUpCalls, pauseMs] = [150, 5];

async function start(name, ...args) {
  // The attacker's server takes the long headers that the app accepts.
  const execArgv = ["--max-http-header-size=262144"];
  const child = fork(fileURLToPath(new URL(`${name}.mjs`, import.meta.url)), args, { execArgv });
  const messages = on(child, "message");
  const ended = once(child, "exit").then(([code, signal]) => {
    throw new Error(`${name}.mjs has ended (${signal ?? code})`);
  });
  // At the end, it is killed.
  ended.catch(() => undefined);
  const heard = async () => (await Promise.race([messages.next(), ended])).value[0];
  const tell = (text) => child.send(text, () => undefined);
  const ask = (question) => {
    tell(question);
    return heard();
  };
  return { said: await heard(), tell, ask, kill: () => child.kill() };
}

/** The other user: calls a tool of an honest server again and again. Returns how long (ms) each call took. */
function callOn({ visitor, sessionId, failed }) {
  return async (until) => {
    const took = [];
    while (!until(took.length)) {
      const began = performance.now();
      const { code } = await visitor.call(sessionId);
      took.push(performance.now() - began);
      if (code !== "answered") failed.push(code);
      await pause(pauseMs);
    }
    return took;
  };
}

const p95 = (values) => values.toSorted((a, b) => a - b)[Math.ceil(0.95 * values.length) - 1];

const during = (ms) => {
  const end = performance.now() + ms;
  return () => performance.now() >= end;
};

/**
 * Each time with new users: for each run, the 95th percentile (ms) of the other user's calls before and under the
 * attack, the longest delay of the app's event loop (ms) and the CPU time (ms) of its longest turn under the attack.
 * Throws if the attack was not answered as it should be.
 */
export async function runAttack(name, { redisUrl, runs, beforeMs, underMs }) {
  const { outcome } = attacks[name];
  const children = [];
  const begin = async (...args) => {
    const child = await start(...args);
    children.push(child);
    return child;
  };
  try {
    const honest = await begin("honest-server");
    const attacker = await begin("attacker", name);
    const app = await begin("app", redisUrl, new URL(honest.said).host, ...attacker.said);
    const origin = app.said;
    const failed = [];
    const other = async () => {
      const visitor = visitorOf(origin, `ada-${randomUUID()}`);
      const { sessionId } = await visitor.connect({ serverUrl: honest.said });
      return callOn({ visitor, sessionId, failed });
    };
    await (await other())((count) => count >= warmUpCalls);
    const measured = [];
    let counted = 0;
    for (let run = 0; run < runs; run += 1) {
      const call = await other();
      await attacker.ask({ origin, userId: `eve-${randomUUID()}` });
      await app.ask("rest");
      const before = p95(await call(during(beforeMs)));
      await app.ask("watch");
      attacker.tell("go");
      const under = p95(await call(during(underMs)));
      const loop = await app.ask("report");
      const { outcomes, count } = await attacker.ask("stop");
      counted = count;
      if (!outcomes[outcome])
        throw new Error(`${name}: ${outcome} was expected, but there was ${JSON.stringify(outcomes)}`);
      measured.push({ before, under, ...loop, outcomes });
      await app.ask("rest");
    }
    return { runs: measured, failed, counted };
  } finally {
    for (const child of children) child.kill();
  }
}
