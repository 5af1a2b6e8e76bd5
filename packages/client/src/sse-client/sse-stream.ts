import { type ErrorInfo, type McpConnectionEvent, toConnectionEvent } from "@mcp-assistant/protocol";
import { unreachable } from "../errors.js";
import { withOwnAuthUrls } from "../sign-in/sign-in-page.js";
import { delayAfter, visibleError } from "../stream/retry-delay.js";
import { errorOfStatus, readErrorInfo } from "./errors.js";
import { type Frame, FrameReader } from "./frames.js";

/**
 * `connecting`: for the first time. `live`: events arrive as they happen. `reconnecting`: the stream was cut and opens
 * again on its own. `offline`: it is not open, or it ended with an error that waiting does not fix.
 */
export type SSEClientStatus = "connecting" | "live" | "reconnecting" | "offline";

export interface SseStreamOptions {
  /** Asks for the stream. Rejects if there is no answer. */
  request: (headers: Record<string, string>, signal: AbortSignal) => Promise<Response>;
  event: (event: McpConnectionEvent) => void;
  /** `error`: why the stream is not live, if that is known. */
  changed: (status: SSEClientStatus, error: ErrorInfo | null) => void;
}

/**
 * How long (ms) a stream may be silent before it counts as cut. Servers send a heartbeat at least every 30 s, so one may
 * be late.
 */
const maxSilenceMs = 45_000;

/** Pages navigate to an `authUrl`, and a browser would run some addresses. Where its app has the page is not known here. */
const isWebAddress = (authUrl: string) => /^https?:\/\//i.test(authUrl);

/** The stream of a user's events. However it was cut, it resumes after the last event, as long as that can help. */
export class SseStream {
  readonly #options: SseStreamOptions;
  #lifetime: AbortController | undefined;
  #lastEventId: string | undefined;
  /** Names the user without revealing who it is. The server refuses to resume the stream of another one. */
  #userKey: string | undefined;
  #failures = 0;
  /** Ends the wait before the next try. */
  #wake: () => void = () => undefined;

  constructor(options: SseStreamOptions) {
    this.#options = options;
  }

  open(): void {
    if (this.#lifetime) return;
    this.#lifetime = new AbortController();
    void this.#run(this.#lifetime.signal);
  }

  /** The next `open` begins with a snapshot: by then, another user may be signed in. */
  close(): void {
    this.#lifetime?.abort();
    this.#lifetime = undefined;
    this.#lastEventId = undefined;
    this.#userKey = undefined;
    this.#failures = 0;
    this.#wake();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { changed } = this.#options;
    const online = () => {
      this.#failures = 0;
      this.#wake();
    };
    globalThis.addEventListener?.("online", online, { signal });
    changed("connecting", null);
    for (;;) {
      const error = await this.#attempt(signal);
      if (signal.aborted) return;
      if (!error.retryable) {
        this.close();
        return changed("offline", error);
      }
      this.#failures += 1;
      changed("reconnecting", visibleError(error, this.#failures));
      await this.#pause(delayAfter(error, this.#failures));
      if (signal.aborted) return;
    }
  }

  /** One stream, until it ends. Returns why it ended. */
  async #attempt(lifetime: AbortSignal): Promise<ErrorInfo> {
    const attempt = new AbortController();
    const abort = () => attempt.abort();
    lifetime.addEventListener("abort", abort, { once: true });
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(abort, maxSilenceMs);
    };
    try {
      heard();
      const response = await this.#options.request(this.#resumption(), attempt.signal);
      return await this.#read(response, { lifetime, heard });
    } catch {
      return unreachable;
    } finally {
      clearTimeout(silence);
      lifetime.removeEventListener("abort", abort);
      // Otherwise a stream that we no longer read would stay open.
      abort();
    }
  }

  #resumption(): Record<string, string> {
    return {
      accept: "text/event-stream",
      ...(this.#lastEventId === undefined ? {} : { "last-event-id": this.#lastEventId }),
      ...(this.#userKey === undefined ? {} : { "x-mcp-user-key": this.#userKey }),
    };
  }

  async #read(
    { ok, status, body }: Response,
    { lifetime, heard }: { lifetime: AbortSignal; heard: () => void },
  ): Promise<ErrorInfo> {
    const frames = new FrameReader((comment) => {
      const [, userKey] = /^user (\S+)$/.exec(comment) ?? [];
      if (!ok || lifetime.aborted || userKey === undefined) return;
      this.#userKey = userKey;
      this.#live();
    });
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      heard();
      for (const frame of frames.push(next.value)) {
        if (lifetime.aborted) return unreachable;
        const error = this.#take(frame, ok);
        if (error) return error;
      }
    }
    return ok ? unreachable : errorOfStatus(status);
  }

  /** The error of a frame that ends the stream. */
  #take({ event, id, data }: Frame, ok: boolean): ErrorInfo | undefined {
    const value: unknown = parse(data);
    if (event === "error") return readErrorInfo(value) ?? unreachable;
    if (event !== "connection" || !ok || !isEvent(value)) return undefined;
    this.#live();
    this.#lastEventId = id ?? this.#lastEventId;
    const shown = withOwnAuthUrls(toConnectionEvent(value), isWebAddress);
    if (shown) this.#options.event(shown);
    return undefined;
  }

  #live(): void {
    this.#failures = 0;
    this.#options.changed("live", null);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
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
