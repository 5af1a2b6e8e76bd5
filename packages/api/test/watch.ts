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

/** Watches timers of 15 s and more: those set from now on and not cleared. A shorter test never sees them fire. */
export function watchTimers() {
  const spies = {
    set: [vi.spyOn(globalThis, "setTimeout"), vi.spyOn(globalThis, "setInterval")],
    clear: [vi.spyOn(globalThis, "clearTimeout"), vi.spyOn(globalThis, "clearInterval")],
  };
  return {
    running: () => {
      const cleared = new Set<unknown>(spies.clear.flatMap(({ mock }) => mock.calls.map(([timer]) => timer)));
      return spies.set.flatMap(({ mock }) =>
        mock.calls.flatMap(([, ms = 0], index) =>
          ms >= 15_000 && !cleared.has(mock.results[index]?.value) ? [ms] : [],
        ),
      );
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
