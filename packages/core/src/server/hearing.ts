import { randomBytes } from "node:crypto";
import type { Era } from "@mcp-assistant/protocol";
import type { JSONRPCNotification } from "@modelcontextprotocol/client";
import { shownLine } from "../tools/shown-text.js";
import { type Listeners, logLevelSchema } from "./listeners.js";

/** From the least to the most important. */
const levels = logLevelSchema.options;

/** The maximum length (UTF-16 code units) of a progress message, and of a logger's name. */
const [maxMessageLength, maxLoggerLength] = [300, 100];

/** The maximum length (bytes) of an event that may be a report. */
const maxReportBytes = 4_096;

/** The key of a request's `_meta` that asks for log messages. Without it, servers of the modern era send none. */
const logLevelKey = "io.modelcontextprotocol/logLevel";

/** Hears what a server says about one request until that has ended. */
export class Hearing {
  readonly #listeners: Listeners;
  readonly #era: Era;
  /**
   * Random, because several processes use one transport session. Without a listener no token is sent, and servers report
   * nothing.
   */
  readonly #token: string | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #isOver = false;

  constructor(listeners: Listeners = {}, era: Era) {
    this.#listeners = listeners;
    this.#era = era;
    this.#token = listeners.onProgress && randomBytes(9).toString("base64url");
  }

  get hasProgress(): boolean {
    return this.#token !== undefined;
  }

  /**
   * Whether an event looks like a report on this request, before it is parsed. A server can make any short event look so,
   * and gains nothing by it.
   */
  readonly isReport = (event: Uint8Array): boolean => {
    if (this.#token === undefined || event.length > maxReportBytes) return false;
    const text = Buffer.from(event.buffer, event.byteOffset, event.length);
    return text.includes(this.#token) && text.includes("notifications/progress");
  };

  /** The parameters of a request, with what asks the server to report on it. */
  inParams(params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const { onLog, logLevel = "info" } = this.#listeners;
    const meta = {
      ...(this.#token === undefined ? {} : { progressToken: this.#token }),
      // A server of the legacy era has one level for a whole transport session, which others use, too.
      ...(onLog && this.#era === "modern" ? { [logLevelKey]: logLevel } : {}),
    };
    return Object.keys(meta).length === 0 ? params : { ...params, _meta: meta };
  }

  /** Takes a notification. `renew` is called for progress that counts: a higher number than the last (MCP, progress). */
  hear({ method, params = {} }: JSONRPCNotification, renew: () => void): void {
    if (this.#isOver) return;
    if (method === "notifications/progress") this.#hearProgress(params, renew);
    else if (method === "notifications/message") this.#hearLog(params);
  }

  /** Once the request has ended, nothing more is heard. */
  end(): void {
    this.#isOver = true;
  }

  #hearProgress({ progressToken, progress, total, message }: Record<string, unknown>, renew: () => void): void {
    if (this.#token === undefined || progressToken !== this.#token) return;
    if (!isNumber(progress) || progress <= this.#last) return;
    this.#last = progress;
    renew();
    const text = typeof message === "string" ? shownLine(message, maxMessageLength) : "";
    const { onProgress } = this.#listeners;
    onProgress?.({ progress, ...(isNumber(total) ? { total } : {}), ...(text === "" ? {} : { message: text }) });
  }

  #hearLog({ level, logger, data }: Record<string, unknown>): void {
    const { onLog, logLevel = "info" } = this.#listeners;
    const known = levels.find((each) => each === level);
    if (!onLog || known === undefined || levels.indexOf(known) < levels.indexOf(logLevel)) return;
    const name = typeof logger === "string" ? shownLine(logger, maxLoggerLength) : "";
    onLog({ level: known, ...(name === "" ? {} : { logger: name }), data });
  }
}

/** JSON can say numbers that are too large for a double. */
const isNumber = (value: unknown): value is number => Number.isFinite(value);
