import type { StreamedEvent } from "@mcp-assistant/core";
import type { ErrorInfo } from "@mcp-assistant/protocol";

const encoder = new TextEncoder();

/** A comment, which readers ignore (HTML standard, 9.2.6). It shows proxies and readers that the stream is alive. */
const heartbeat = ": heartbeat\n\n";

/** One event as a frame. JSON has no line breaks, so it is a single `data` line. */
const frameOf = ({ id, event }: StreamedEvent) => `event: connection\nid: ${id}\ndata: ${JSON.stringify(event)}\n\n`;

/** Why a stream is refused or ends. Nothing comes after it. */
export const errorFrame = (info: ErrorInfo) => `event: error\ndata: ${JSON.stringify(info)}\n\n`;

export interface FrameOptions {
  /** A comment at the beginning tells it, so that a reader can resume as the same user. See `userKeyOf`. */
  userKey: string;
  /** ms between two heartbeats of a quiet stream. */
  heartbeatMs: number;
  /** ms after which the stream ends without a word, so that its reader resumes it. */
  maxDurationMs: number;
  /** What the reader is told of an error. */
  tell: (error: unknown) => ErrorInfo;
}

/**
 * A user's events as Server-Sent Events. A frame is made when the reader asks for it, so what a slow reader has not
 * taken waits in the bounded queue of `events`.
 */
export function eventFrames(
  events: AsyncIterableIterator<StreamedEvent, undefined>,
  { userKey, heartbeatMs, maxDurationMs, tell }: FrameOptions,
): ReadableStream<Uint8Array> {
  let next: ReturnType<typeof events.next> | undefined;
  const stop = () => {
    clearTimeout(timer);
    // It waits for nothing, and a source that fails to end has nothing to report any more.
    void events.return?.().catch(() => undefined);
  };
  const timer = setTimeout(stop, maxDurationMs).unref();

  async function nextFrame(): Promise<{ frame?: string; isLast: boolean }> {
    try {
      next ??= events.next();
      const result = await within(heartbeatMs, next);
      if (result === undefined) return { frame: heartbeat, isLast: false };
      next = undefined;
      return result.done ? { isLast: true } : { frame: frameOf(result.value), isLast: false };
    } catch (error) {
      return { frame: errorFrame(tell(error)), isLast: true };
    }
  }

  let isOver = false;
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(`: user ${userKey}\n\n`)),
      async pull(controller) {
        const { frame, isLast } = await nextFrame();
        if (isOver) return;
        if (frame !== undefined) controller.enqueue(encoder.encode(frame));
        if (!isLast) return;
        stop();
        controller.close();
      },
      cancel() {
        isOver = true;
        stop();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The promise's value, or undefined if it takes longer. The promise goes on and can be waited for again. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms).unref();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
