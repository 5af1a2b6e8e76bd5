import { setTimeout as pause } from "node:timers/promises";
import { type RedisCommand, type RedisGate, startRedisGate } from "@mcp-assistant/testing/redis";
import { type BookkeepingServer, startBookkeepingServer } from "@mcp-assistant/testing/servers";
import * as z from "zod";
import { appFor, finish, start } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { Mcp } from "../src/mcp.js";
import { encryptionKeys, someUser } from "../src/samples.fixture.js";
import { callbackAt, callOnce } from "./bookkeeping.js";
import {
  type KillOptions,
  letGo,
  type Outcome,
  type Outcomes,
  patience,
  readCommit,
  type Stop,
} from "./killed-refresh.js";
import { startWorker, type Worker } from "./sign-in-worker.js";

/** How far a sign-in got before its process died. */
const phases = ["connect", "start", "finish"] as const;
type Phase = (typeof phases)[number];

interface Step {
  /** The phase in which the process is killed. */
  during: Phase;
  /** Stops each sign-in at the step. With `single`, one stop serves all of them. */
  arm(gate: RedisGate, server: BookkeepingServer): Stop;
  single?: boolean;
}

const setsAttempt = (command: RedisCommand) => readCommit(command).sets.some((key) => key.includes("mcp:attempt:"));
const takesAttempt = (command: RedisCommand) => setsAttempt(command) && readCommit(command).compares;
const writesAttempt = (command: RedisCommand) => setsAttempt(command) && !readCommit(command).compares;
/** Writes a record together with credentials. */
const keepsCredentials = (command: RedisCommand) =>
  ["mcp:session:", "mcp:credentials:"].every((part) => readCommit(command).sets.some((key) => key.includes(part)));

const flowSteps = {
  "while the server asks for a sign-in": {
    during: "connect",
    arm: (_gate, server) => server.stall((moment) => moment.at === "mcp" && !moment.authorized),
  },
  "while the app is registered": {
    during: "start",
    arm: (_gate, server) => server.stall(({ at }) => at === "register"),
    single: true,
  },
  "with an attempt, before the redirect": {
    during: "start",
    arm: (gate) => gate.close("after", writesAttempt),
  },
  "with the callback, before the attempt is taken": {
    during: "finish",
    arm: (gate) => gate.close("before", takesAttempt),
  },
  "with the attempt taken, before the exchange": {
    during: "finish",
    arm: (gate) => gate.close("after", takesAttempt),
  },
  "with the exchange under way": {
    during: "finish",
    arm: (_gate, server) => server.stall(({ at }) => at === "token asked"),
  },
  "with tokens that are not stored yet": {
    during: "finish",
    arm: (gate) => gate.close("before", keepsCredentials),
  },
  "with tokens, before the tools are listed": {
    during: "finish",
    arm: (_gate, server) => server.stall((moment) => moment.at === "mcp" && moment.method === "tools/list"),
  },
} satisfies Record<string, Step>;

type FlowStep = keyof typeof flowSteps;
export const flowStepNames = Object.keys(flowSteps) as FlowStep[];

const connectedSchema = z.object({ sessionId: z.string() });
const startedSchema = z.object({ url: z.string(), nonce: z.string() });

/** A sign-in whose process is about to die. */
interface Doomed {
  userId: string;
  sessionId?: string;
  /** The callback, which a browser may send again. */
  back?: Awaited<ReturnType<typeof callbackAt>>;
}

async function prepare(redis: { url: string; port: number }, name: FlowStep, sessions: number) {
  const step: Step = flowSteps[name];
  const [server, gate] = await Promise.all([startBookkeepingServer(), startRedisGate(redis)]);
  const mcp = appFor(server, { storage: redis.url, encryptionKeys });
  const doomed: Doomed[] = Array.from({ length: sessions }, () => ({ userId: someUser() }));
  const close = () => Promise.all([mcp.close(), gate.end(), server.close()]);
  return { step, server, gate, mcp, doomed, close };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

/**
 * Kills a process in the middle of many sign-ins, some at each step. Each sign-in must succeed in another process with
 * what the user finds on the page: "Sign in" or "Reconnect". A browser that repeats its callback must do no harm.
 */
export async function killFlows({ redis, sessions, inTurn }: KillOptions): Promise<Outcomes> {
  const prepared: Prepared[] = [];
  try {
    const killedAt = await inTurn(async () => {
      for (const name of flowStepNames) prepared.push(await prepare(redis, name, sessions));
      return signInAndKill(prepared);
    });
    const outcomes = await Promise.all(prepared.map((each) => recoverAll(each, killedAt)));
    return Object.fromEntries(outcomes.map((outcome, at) => [flowStepNames[at], outcome]));
  } finally {
    await Promise.all(prepared.map(({ close }) => close()));
  }
}

/** Returns when the process was killed (ms, `performance.now`). */
async function signInAndKill(prepared: readonly Prepared[]): Promise<number> {
  const all = prepared.flatMap((each) => each.doomed.map((signIn) => ({ ...each, signIn })));
  const worker = await startWorker({
    urls: all.map(({ gate }) => `redis://127.0.0.1:${gate.port}`),
    hosts: prepared.flatMap(({ server }) => server.hosts),
  });
  try {
    for (const [app, { step, server, signIn }] of all.entries()) {
      for (const phase of phases.slice(0, phases.indexOf(step.during))) {
        await run(worker, app, { phase, server, signIn });
      }
    }
    const stops = prepared.map(({ step, gate, server }) => step.arm(gate, server));
    for (const [app, { step, server, signIn }] of all.entries()) {
      void run(worker, app, { phase: step.during, server, signIn }).catch(() => undefined);
    }
    const reached = prepared.map(({ step, doomed }, at) => stops[at]?.until(step.single ? 1 : doomed.length));
    await Promise.all(reached);
    await worker.kill9();
    await letGo(stops);
    return performance.now();
  } finally {
    await worker.kill9();
  }
}

async function recoverAll({ mcp, server, doomed }: Prepared, killedAt: number): Promise<Outcome> {
  const outcome = { killed: doomed.length, connected: 0, signedIn: 0, reconnected: 0, unaided: 0, slowest: 0 };
  await Promise.all(
    doomed.map(async (signIn) => {
      const way = await recover(mcp, server, { ...signIn, end: killedAt + patience });
      if (!way) return;
      outcome.connected += 1;
      outcome[way] += 1;
      outcome.slowest = Math.max(outcome.slowest, Math.round(performance.now() - killedAt));
    }),
  );
  return { ...outcome, maxExchanges: server.books.maxExchanges(), wrongVerifiers: server.books.wrongVerifiers };
}

/** Runs one phase of a sign-in in the doomed process. */
async function run(
  worker: Worker,
  app: number,
  { phase, server, signIn }: { phase: Phase; server: BookkeepingServer; signIn: Doomed },
): Promise<void> {
  const { userId, sessionId } = signIn;
  if (phase === "connect") {
    const { answer } = await worker.insist("connect", { userId, serverUrl: server.url }, app);
    signIn.sessionId = connectedSchema.parse(answer).sessionId;
  } else if (phase === "start") {
    const { answer } = await worker.insist("start", { userId, sessionId }, app);
    signIn.back = await callbackAt(server, { userId, ...startedSchema.parse(answer) });
  } else {
    const { params, cameTo, nonceOf } = signIn.back ?? {};
    await worker.insist("finish", { userId, query: String(params), cameTo, nonce: nonceOf?.("") }, app);
  }
}

/** Does what a user would do on seeing the connection's state and its buttons, until a call works. */
async function recover(mcp: Mcp, server: BookkeepingServer, { userId, back, end }: Doomed & { end: number }) {
  let way: "unaided" | "signedIn" | "reconnected" = "unaided";
  // A browser that got no answer reloads the page.
  if (back) await finish(mcp, back);
  while (performance.now() < end) {
    const [connection] = await mcp.forUser(userId).list();
    if (!connection) return undefined;
    const session = { userId, sessionId: connection.sessionId };
    const { state, error } = connection;
    if (state === "CONNECTED") {
      await callOnce(mcp, session);
      return way;
    }
    if (state === "FAILED" && error?.code === "INTERRUPTED") {
      way = "reconnected";
      await mcp.forUser(session.userId).reconnect(session.sessionId);
    } else if (state === "AUTHENTICATING" || state === "FAILED" || state === "DISCONNECTED") {
      way = "signedIn";
      await finish(mcp, await callbackAt(server, await start(mcp, session)));
    } else {
      await pause(250);
    }
  }
  return undefined;
}
