import type { Readable } from "node:stream";
import { BodyReader, tooLong } from "./answer-body.js";
import { EventStreamReader, eventBytes, retryBytes, type ServerSentEvent } from "./event-stream.js";

/** Checks an event stream as it arrives. An error that it throws ends the answer. */
export interface EventMeter {
  /** Called with each chunk. */
  take(chunk: Uint8Array): void;
  /** Called with each event, before anyone else sees it. */
  event?(event: ServerSentEvent): void;
  /** Called with the error that ends the stream. */
  failed?(error: unknown): void;
}

interface Streaming {
  /** The server's host, for error messages. */
  host: string;
  meter: EventMeter | undefined;
  maxEventBytes: number;
  /** Converts an error of the body or the meter to the error that the stream's reader gets. */
  failed: (error: unknown) => unknown;
  /** Called when the body has been read to its end or the reader has cancelled. */
  ended: () => void;
}

/**
 * Reads the events of a body, and passes on each one when it is complete, in our own spelling. So another reader of the
 * stream sees exactly the events that the meter has seen. Never reads ahead of the reader.
 */
export function eventsOf(
  body: Readable,
  { host, meter, maxEventBytes, failed, ended }: Streaming,
): ReadableStream<Uint8Array> {
  let isCancelled = false;
  let pulled: { controller: ReadableStreamDefaultController<Uint8Array>; done: () => void } | undefined;
  let out: Uint8Array[] = [];
  let retry: Uint8Array<ArrayBuffer> | undefined;
  const complete = () => {
    const parts = retry === undefined ? out : [...out, retryBytes(retry)];
    out = [];
    retry = undefined;
    return parts.length > 1 ? Buffer.concat(parts) : parts[0];
  };
  const events = new EventStreamReader({
    onGrowth: (bytes) => {
      if (bytes > maxEventBytes) throw tooLong(host, maxEventBytes);
    },
    onEvent: (event) => {
      meter?.event?.(event);
      out.push(eventBytes(event));
    },
    // The last one counts. All of them would make a server's short lines into long ones.
    onRetry: (digits) => {
      retry = digits;
    },
  });
  const finish = (work: (controller: ReadableStreamDefaultController<Uint8Array>) => void) => {
    const { controller, done } = pulled ?? {};
    pulled = undefined;
    if (controller) work(controller);
    done?.();
  };
  const reader = new BodyReader(body, {
    take: (part) => {
      meter?.take(part);
      events.take(part);
      const bytes = complete();
      if (!bytes) return true;
      finish((controller) => controller.enqueue(bytes));
      return false;
    },
    end: () => {
      ended();
      finish((controller) => controller.close());
    },
    fail: (error) => {
      if (isCancelled) return;
      const known = failed(error);
      meter?.failed?.(known);
      finish((controller) => controller.error(known));
    },
  });
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) =>
        new Promise((done) => {
          pulled = { controller, done };
          reader.resume();
        }),
      cancel: () => {
        isCancelled = true;
        ended();
        body.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}
