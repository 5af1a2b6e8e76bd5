import { setTimeout as pause } from "node:timers/promises";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import { type RedisCommand, type RedisGate, scriptKeys, startRedisGate } from "@mcp-assistant/testing/redis";
import { type BookkeepingServer, type Moment, startBookkeepingServer } from "@mcp-assistant/testing/servers";
import { appFor, type OpenSignIn, start } from "../src/authorization/sign-in/sign-in.fixture.js";
import type { Mcp } from "../src/mcp.js";
import { encryptionKeys, type OwnSession } from "../src/samples.fixture.js";
import { callOnce, openVault, signedInAt, type Vault } from "./bookkeeping.js";
import { startWorker } from "./sign-in-worker.js";

/** Stops a doomed process; it must not stop others after that one has died. */
export interface Stop {
  until(count: number): Promise<unknown>;
  /** Resolves when everything that it has stopped is over. */
  gone?(): Promise<unknown>;
  release?(): void;
}

interface Step {
  /** Stops each session's refresh at the step, which is recognized from outside. */
  arm(gate: RedisGate, server: BookkeepingServer): Stop;
  /** Whether the authorization server still accepts the refresh token that Redis then holds. */
  keepsSignIn: boolean;
  locked: boolean;
}

const isLock = (key = "") => /lock:.*:refresh:/.test(key);

/** Whether a commit compares, and which keys it sets; neither for other commands. See `storage/redis/lua/commit.ts`. */
export function readCommit(command: RedisCommand): { compares: boolean; sets: string[] } {
  const keys = scriptKeys(command);
  const [comparisons = "", changes = ""] = (command[3 + keys.length] ?? "").split(";");
  return {
    compares: changes !== "" && comparisons !== "",
    sets: keys.filter((_, place) => changes.includes(`s${place + 1},`)),
  };
}

const takesTurn = (command: RedisCommand) => isLock(scriptKeys(command)[1]);
const writesTokens = (command: RedisCommand) => {
  const [first = "", ...others] = readCommit(command).sets;
  return first.includes("mcp:credentials:") && others.length === 0;
};
const yieldsTurn = (command: RedisCommand) => isLock(scriptKeys(command)[0]);
const refresh = (at: Moment["at"]) => (moment: Moment) =>
  moment.at === at && "grant" in moment && moment.grant === "refresh_token";

export const refreshSteps = {
  "before the lock is requested": {
    arm: (gate) => gate.close("before", takesTurn),
    keepsSignIn: true,
    locked: false,
  },
  "with the lock, before anything is sent": {
    arm: (gate) => gate.close("after", takesTurn),
    keepsSignIn: true,
    locked: true,
  },
  "with the request under way": {
    arm: (_gate, server) => server.stall(refresh("token asked")),
    keepsSignIn: true,
    locked: true,
  },
  "with an answer that was not read": {
    arm: (_gate, server) => server.stall(refresh("token granted")),
    keepsSignIn: false,
    locked: true,
  },
  "with an answer that was not stored": {
    arm: (gate) => gate.close("before", writesTokens),
    keepsSignIn: false,
    locked: true,
  },
  "with the lock, when everything is stored": {
    arm: (gate) => gate.close("before", yieldsTurn),
    keepsSignIn: true,
    locked: true,
  },
} satisfies Record<string, Step>;

export type RefreshStep = keyof typeof refreshSteps;
export const refreshStepNames = Object.keys(refreshSteps) as RefreshStep[];

/** The counts of one step, and those of all steps by name. */
export type Outcome = Record<string, number>;
export type Outcomes = Record<string, Outcome>;

export interface KillOptions {
  redis: { url: string; port: number };
  /** The number of sessions at each step. */
  sessions: number;
  /** Runs CPU-bound work when no other such work is running. */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** How soon (ms) a session whose process was killed must be usable again, or ask for a sign-in. */
export const patience = 30_000;

/** Prepares one step and the sessions that are to be stopped at it. */
async function prepare(redis: { url: string; port: number }, name: RefreshStep, sessions: number) {
  const step: Step = refreshSteps[name];
  const [server, gate] = await Promise.all([startBookkeepingServer({ expiresIn: 1 }), startRedisGate(redis)]);
  const mcp = appFor(server, { storage: redis.url, encryptionKeys });
  const signIns: OpenSignIn[] = [];
  for (let count = 0; count < sessions; count++) signIns.push(await signedInAt(server, mcp));
  const close = () => Promise.all([mcp.close(), gate.end(), server.close()]);
  return { name, step, server, gate, mcp, signIns, close };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

/**
 * Kills a process that refreshes the tokens of many sessions, some at each step, and uses each session in another
 * process. A sign-in is lost only if the authorization server has revoked the old tokens and the new ones are gone.
 */
export async function killRefreshes({ redis, sessions, inTurn }: KillOptions): Promise<Outcomes> {
  const vault = openVault(redis.url);
  const prepared: Prepared[] = [];
  try {
    const killedAt = await inTurn(async () => {
      for (const name of refreshStepNames) prepared.push(await prepare(redis, name, sessions));
      await pause(1_000);
      return renewAndKill(prepared);
    });
    const outcomes = await Promise.all(prepared.map((each) => useAll(each, vault, killedAt + patience)));
    return Object.fromEntries(outcomes.map((outcome, at) => [refreshStepNames[at], outcome]));
  } finally {
    await Promise.all([vault.close(), ...prepared.map(({ close }) => close())]);
  }
}

/** Returns when the process was killed (ms, `performance.now`). */
async function renewAndKill(prepared: readonly Prepared[]): Promise<number> {
  const all = prepared.flatMap(({ gate, signIns }) => signIns.map((signIn) => ({ gate, signIn })));
  const worker = await startWorker({
    urls: all.map(({ gate }) => `redis://127.0.0.1:${gate.port}`),
    hosts: prepared.flatMap(({ server }) => server.hosts),
  });
  try {
    const stops = prepared.map(({ step, gate, server }) => step.arm(gate, server));
    for (const [app, { signIn }] of all.entries()) {
      void worker.insist("call", { userId: signIn.userId, sessionId: signIn.sessionId, text: "hello" }, app);
    }
    await Promise.all(stops.map((stop, at) => stop.until(prepared[at]?.signIns.length ?? 0)));
    await worker.kill9();
    await letGo(stops);
    return performance.now();
  } finally {
    await worker.kill9();
  }
}

/** Waits until a dead process's requests are gone before releasing the stops, so that none is still carried out. */
export async function letGo(stops: readonly Stop[]): Promise<void> {
  await Promise.all(stops.map((stop) => stop.gone?.()));
  for (const stop of stops) stop.release?.();
}

async function useAll({ step, server, mcp, signIns }: Prepared, vault: Vault, end: number): Promise<Outcome> {
  const keeps = async (session: OwnSession) => {
    const { refreshToken } = await vault.read(session);
    return refreshToken !== undefined && server.books.accepts(refreshToken);
  };
  const kept = await Promise.all(signIns.map(keeps));
  const locked = await Promise.all(signIns.map(({ sessionId }) => vault.isLocked(sessionId)));
  const outcome = { killed: signIns.length, elsewhere: 0, usable: 0, asks: 0, askedInVain: 0, stuck: 0, slowest: 0 };
  // These were killed at another step than intended.
  outcome.elsewhere = signIns.filter((_, at) => kept[at] !== step.keepsSignIn || locked[at] !== step.locked).length;
  await Promise.all(
    signIns.map(async (session, at) => {
      const result = await use(mcp, session, end);
      outcome[result] += 1;
      outcome.slowest = Math.max(outcome.slowest, Math.round(performance.now() - (end - patience)));
      if (result === "asks" && (kept[at] || (await keeps(session)))) outcome.askedInVain += 1;
      // A session that asks for a sign-in must let one start.
      if (result === "asks") await start(mcp, session);
    }),
  );
  return outcome;
}

async function use(mcp: Mcp, session: OwnSession, end: number): Promise<"usable" | "asks" | "stuck"> {
  while (performance.now() < end) {
    try {
      await callOnce(mcp, session);
      return "usable";
    } catch (error) {
      if (!isMcpSessionError(error)) throw error;
      if (error.code === "AUTHORIZATION_REQUIRED") return "asks";
    }
    await pause(250);
  }
  return "stuck";
}
