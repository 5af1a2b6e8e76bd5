import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import type { McpOptions } from "../src/options/options.js";
import { encryptionKeys } from "../src/samples.fixture.js";

const program = fileURLToPath(new URL("./sign-in-worker.mjs", import.meta.url));

export interface WorkerOptions {
  /** The URL of Redis, without a path, once for each app in the worker. The apps do not share connections. */
  urls: readonly string[];
  hosts: readonly string[];
  /** By how much (ms) the worker's clock is wrong. */
  skew?: number;
  options?: Pick<McpOptions, "encryptionKeys" | "attemptTtl">;
}

const messageSchema = z.object({
  id: z.number(),
  clock: z.number().optional(),
  answer: z.unknown().optional(),
  error: z.object({ code: z.string(), reason: z.string().optional() }).optional(),
});

/** The outcome of a task: its answer, or the code of its error. `died` when the process ended first. */
export type TaskResult = { answer?: unknown; error?: { code: string; reason?: string | undefined } | undefined };

export type Worker = Awaited<ReturnType<typeof startWorker>>;

/** A process that signs in, refreshes and calls. It ends when this process does, because its channel then closes. */
export async function startWorker({ urls, hosts, skew = 0, options = {} }: WorkerOptions) {
  const execArgv = skew ? ["--import", `data:text/javascript,${encodeURIComponent(wrongClock(skew))}`] : [];
  const child = fork(program, [JSON.stringify({ urls, hosts, encryptionKeys, options })], { execArgv });
  const waiting = new Map<number, (result: TaskResult) => void>();
  let asked = 0;
  const ready = new Promise<number>((resolve, reject) => {
    child.on("message", (message) => {
      const { id, clock, ...result } = messageSchema.parse(message);
      if (clock !== undefined) resolve(clock);
      waiting.get(id)?.(result);
    });
    child.once("exit", (code) => {
      reject(new Error(`The worker ended with ${code}`));
      for (const settle of waiting.values()) settle({ error: { code: "died" } });
    });
  });
  const clock = await ready;
  const run = (task: string, args: Record<string, unknown> = {}, app = 0): Promise<TaskResult> => {
    asked += 1;
    const id = asked;
    child.send({ id, app, task, args });
    return new Promise((resolve) => waiting.set(id, resolve));
  };
  return {
    /** The worker's time (ms since the epoch) when it started. */
    clock,
    run,
    /** Like `run`, but tries again when Redis was too slow, as on a busy machine. */
    insist: async (task: string, args: Record<string, unknown>, app: number): Promise<TaskResult> => {
      for (;;) {
        const result = await run(task, args, app);
        if (result.error?.code !== "STORE_UNAVAILABLE") return result;
      }
    },
    kill9: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

const wrongClock = (ms: number) => `
const { now } = Date;
globalThis.Date = class extends Date {
  constructor(...parts) { parts.length === 0 ? super(now() + ${ms}) : super(...parts); }
  static now() { return now() + ${ms}; }
};`;
