import { type ErrorInfo, type McpConnectionEvent, toConnectionEvent } from "@mcp-assistant/protocol";
import { unreachable } from "../errors.js";
import type { StreamListeners, StreamRequest } from "./backend.js";
import { asError, errorOfStatus, readErrorInfo } from "./error-info.js";
import { type Frame, FrameReader } from "./frames.js";

/** Sends a GET with these headers. Rejects if there is no answer. */
export type AskForStream = (headers: Record<string, string>, signal: AbortSignal) => Promise<Response>;

/**
 * How long (ms) a stream may be silent before it counts as cut. Servers send a heartbeat at least every 30 s, so one may
 * be late.
 */
const maxSilenceMs = 45_000;

/** Reads one stream of a user's events until it ends, or until the returned function is called. */
export function readSseStream(ask: AskForStream, request: StreamRequest, listeners: StreamListeners): () => void {
  const over = new AbortController();
  const { signal } = over;
  let isClosed = false;
  let silence: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => over.abort(), maxSilenceMs);
  };
  const close = () => {
    isClosed = true;
    clearTimeout(silence);
    // Otherwise a stream that is no longer read would stay open.
    over.abort();
  };

  async function read(): Promise<ErrorInfo> {
    heard();
    const { ok, status, body } = await ask(resumptionOf(request), signal);
    const frames = new FrameReader((comment) => {
      const [, userKey] = /^user (\S+)$/.exec(comment) ?? [];
      if (ok && !isClosed && userKey !== undefined) listeners.opened(userKey);
    });
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      heard();
      for (const frame of frames.push(next.value)) {
        if (isClosed) return unreachable;
        if (frame.event === "error") return readErrorInfo(parse(frame.data)) ?? unreachable;
        if (ok) tell(frame, listeners);
      }
    }
    return ok ? unreachable : errorOfStatus(status);
  }

  void read()
    .catch(() => unreachable)
    .then((error) => {
      if (isClosed) return;
      close();
      listeners.ended(asError(error));
    });
  return close;
}

function resumptionOf({ lastEventId, userKey }: StreamRequest): Record<string, string> {
  return {
    accept: "text/event-stream",
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
    ...(userKey === undefined ? {} : { "x-mcp-user-key": userKey }),
  };
}

function tell({ event, id, data }: Frame, listeners: StreamListeners): void {
  const value = parse(data);
  if (event === "connection" && id !== undefined && isEvent(value)) listeners.event(id, toConnectionEvent(value));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** It comes from our own server, so its type is enough to tell it from a proxy's text. */
const isEvent = (value: unknown): value is McpConnectionEvent =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
