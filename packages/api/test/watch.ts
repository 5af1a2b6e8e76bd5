import { AsyncLocalStorage } from "node:async_hooks";
import { getEventListeners } from "node:events";
import type { Mcp, McpUser } from "@mcp-assistant/core";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import { afterEach, beforeEach, expect, vi } from "vitest";

/** The limits of an `Mcp` whose streams are watched. Counting opens as many streams as the user may still have. */
export const watchable = { streamsPerMinute: 60_000 };

/** Watches a user's subscriptions to an `Mcp` and the signals that they listen to. None may be open yet. */
export async function watchStreams(mcp: Mcp, userId: string) {
  const signals: (AbortSignal | undefined)[] = [];
  const watched = mcp.forUser(userId);
  const maxOpen = await countFreeStreams(watched);
  const forUser = mcp.forUser;
  vi.spyOn(mcp, "forUser").mockImplementation((id) => {
    const user = forUser(id);
    const subscribe: McpUser["subscribe"] = (options) => {
      signals.push(options?.signal);
      return user.subscribe(options);
    };
    return { ...user, subscribe };
  });
  return {
    given: () => signals.length,
    open: async () => maxOpen - (await countFreeStreams(watched)),
    /** The number of listeners that wait for a reader to leave. */
    listeners: () => signals.reduce((sum, signal) => sum + (signal ? getEventListeners(signal, "abort").length : 0), 0),
  };
}

export type WatchedStreams = Awaited<ReturnType<typeof watchStreams>>;

/** How many more streams the user may open. A stream that is never released reduces this number for good. */
async function countFreeStreams(user: McpUser): Promise<number> {
  const probes: Awaited<ReturnType<McpUser["subscribe"]>>[] = [];
  try {
    for (;;) probes.push(await user.subscribe());
  } catch (error) {
    if (!isMcpSessionError(error) || error.code !== "LIMIT_EXCEEDED") throw error;
    return probes.length;
  } finally {
    for (const probe of probes) await probe.return?.();
  }
}

const watches = new AsyncLocalStorage<object>();

/**
 * Watches timers of 15 s and more: those that the test, and what it starts, sets from now on and does not clear. A
 * shorter test never sees them fire. Streams that earlier tests of this process left open set theirs again and again.
 */
export function watchTimers() {
  const watch = {};
  watches.enterWith(watch);
  const set = new Map<unknown, number>();
  for (const name of ["setTimeout", "setInterval"] as const) {
    const real: (run: () => void, ms: number, ...rest: unknown[]) => NodeJS.Timeout = globalThis[name];
    vi.spyOn(globalThis, name).mockImplementation((run: () => void, ms = 0, ...rest: unknown[]) => {
      const timer = real(run, ms, ...rest);
      if (ms >= 15_000 && watches.getStore() === watch) set.set(timer, ms);
      return timer;
    });
  }
  const clear = [vi.spyOn(globalThis, "clearTimeout"), vi.spyOn(globalThis, "clearInterval")];
  return {
    running: () => {
      const cleared = new Set<unknown>(clear.flatMap(({ mock }) => mock.calls.map(([timer]) => timer)));
      return [...set].flatMap(([timer, ms]) => (cleared.has(timer) ? [] : [ms]));
    },
  };
}

/** Makes every test of the file fail if it leaves a rejection unhandled, which would end a Node process. */
export function expectNoUnhandledRejection(): void {
  const unhandled = vi.fn();
  beforeEach(() => void process.on("unhandledRejection", unhandled));
  afterEach(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", unhandled);
    expect(unhandled.mock.calls).toEqual([]);
  });
}
