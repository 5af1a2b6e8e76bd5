import {
  beginning,
  type EventId,
  isEventId,
  type McpConnectionEvent,
  toConnectionEvent,
} from "@mcp-assistant/protocol";
import { LimitExceededError, processBusy } from "../errors.js";
import type { Limits } from "../limits.js";
import { runShared } from "../process-wide.js";
import type { Rates } from "../rates/rates.js";
import type { ToolLists } from "../tools/tool-lists.js";
import { mapIterator } from "./map-iterator.js";
import type { StreamedEvent } from "./streamed-event.js";
import { type StoredEvent, UserStream, type UserStreamDeps } from "./user-stream.js";

export interface SubscribeDeps extends UserStreamDeps {
  toolLists: ToolLists;
  rates: Pick<Rates, "take">;
  limits: Pick<Limits, "streamsPerUser" | "streams">;
}

/**
 * The user's events, without gaps or repetitions. Without `lastEventId`, the first event is a `reset` with a snapshot.
 * With it, the first is the one that came after it, or a `reset` when the log no longer reaches back.
 *
 * An open stream also checks the records themselves: it ends leases that were not renewed, and reports sessions that
 * have vanished. Rejects with a `StoreUnavailableError`; once open, it waits for a store that is down. Rejects with a
 * {@link LimitExceededError} when the user, or this process, has too many streams open, and with `RATE_LIMITED` when
 * the user opens them too often, or has read too many bytes of lists and missed events.
 */
export async function subscribe(
  deps: SubscribeDeps,
  {
    userId,
    lastEventId,
    signal,
  }: { userId: string; lastEventId?: EventId | undefined; signal?: AbortSignal | undefined },
): Promise<AsyncIterableIterator<StreamedEvent, undefined>> {
  await deps.rates.take(userId, "streams");
  checkLimits(deps, userId);
  const stream = new UserStream(deps, userId, signal);
  const open = async () => {
    // Others may have begun meanwhile.
    checkLimits(deps, userId);
    await stream.open(isPlace(lastEventId) ? lastEventId : undefined);
  };
  try {
    await deps.hub.inTurn(userId, open, signal);
  } catch (error) {
    stream.iterator.end();
    // A caller who has gone gets a stream that has ended.
    if (!signal?.aborted) throw error;
  }
  // Tool lists are filled in when an event is read, so that the queue of a slow reader stays small.
  return mapIterator(stream.iterator, {
    value: async ({ id, event }) => {
      const isPassing = event.type === "passing";
      return { id, event: isPassing ? stream.passing.take(event) : await fillIn(deps, { userId, event, signal }) };
    },
  });
}

/** The beginning is no place to resume from: the log that began then may have expired. */
const isPlace = (id: EventId | undefined) => id !== undefined && id !== beginning && isEventId(id);

/** Even without its list, the event says that there is a new one, and the browser asks for it. */
async function fillIn(
  { toolLists, listReads }: SubscribeDeps,
  { userId, event, signal }: { userId: string; event: StoredEvent; signal: AbortSignal | undefined },
): Promise<McpConnectionEvent> {
  if (event.type !== "tools_discovered") return toConnectionEvent(event);
  const { sessionId, hash } = event;
  const sized = () => toolLists.sized({ userId, sessionId }, hash, signal);
  const tools = await runShared(() => listReads.run(userId, sized, signal)).catch(() => undefined);
  return { ...event, tools: tools ?? [] };
}

function checkLimits({ hub, limits }: SubscribeDeps, userId: string): void {
  const { ofUser, inAll } = hub.count(userId);
  if (ofUser >= limits.streamsPerUser) {
    throw new LimitExceededError({
      message: `You have ${ofUser} event streams open, the most that this app allows`,
      hint: "Close pages of this app that you no longer need, then try again.",
      operatorHint: "Raise limits.streamsPerUser to allow more.",
      retryable: false,
    });
  }
  if (inAll >= limits.streams) {
    throw processBusy(
      `as many event streams are open as it allows: ${inAll}`,
      "Raise limits.streams, or run more processes.",
    );
  }
}
