import { setTimeout as pause } from "node:timers/promises";
import type { Era, ToolInfo } from "@mcp-assistant/protocol";
import type { Client, RequestOptions, ServerCapabilities } from "@modelcontextprotocol/client";
import * as z from "zod";
import type { SessionAuthProvider } from "../authorization/tokens/session-auth-provider.js";
import type { Limits } from "../limits.js";
import type { Log } from "../logger.js";
import { toSdkTool } from "../tools/tool.js";
import { Budget, type Method, methods } from "./budget.js";
import { type AdmittedBy, asConnectionError } from "./server-error.js";
import type { GuardedTransport } from "./transport.js";

/** How long (ms) the end of a protocol session may take. */
const closeTimeoutMs = 3_000;

/** What we ask with, and what a server answers, as it wrote it: bounded by its budget, and judged by whoever asked. */
type JsonObject = Readonly<Record<string, unknown>>;

const anyAnswer = z.looseObject({});

/** What a talk with a server is held with. */
export interface Line {
  client: Client;
  transport: GuardedTransport;
  url: URL;
  auth: Pick<SessionAuthProvider, "grantedScope" | "awaited">;
  admittedBy: AdmittedBy;
  limits: Limits;
  /** Tells the operator, with the session and the server that it is about. */
  warn: (message: string, metadata: NonNullable<Parameters<Log>[2]>["metadata"]) => void;
}

/** A step as its work sees it: the options for the SDK, and what it may cost. */
export interface Step {
  options: RequestOptions;
  budget: Budget;
}

interface AskOptions {
  /** Gives up, with its reason. */
  signal?: AbortSignal | undefined;
  /** The tool that is called: some arguments of it go into headers as well (SEP-2243). */
  tool?: ToolInfo;
}

/** A server that we talk to. Its methods throw our errors only: see `dial`. */
export class Dialled {
  readonly #line: Line;

  constructor(line: Line) {
    this.#line = line;
  }

  get url(): URL {
    return this.#line.url;
  }

  get era(): Era {
    return this.#line.client.getProtocolEra() === "modern" ? "modern" : "legacy";
  }

  /** Whether the server has said that it offers this. */
  offers(capability: keyof ServerCapabilities): boolean {
    return this.#line.client.getServerCapabilities()?.[capability] !== undefined;
  }

  get warn(): Line["warn"] {
    return this.#line.warn;
  }

  /** The handshake, which comes before everything else. */
  connect(shake: (step: Step) => Promise<void>, signal?: AbortSignal): Promise<void> {
    return this.#step(methods.handshake, signal, shake);
  }

  /** One request. */
  request(method: Method, params: JsonObject, { signal, tool }: AskOptions = {}): Promise<JsonObject> {
    return this.#step(method, signal, (step) => this.#ask(method, params, step, tool));
  }

  /** Requests that have one budget together, such as the pages of a list. */
  together<T>(
    method: Method,
    work: (ask: (params: JsonObject) => Promise<JsonObject>, budget: Budget) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    return this.#step(method, signal, (step) => work((params) => this.#ask(method, params, step), step.budget));
  }

  /** Ends the protocol session where there is one (a modern server has none). Never throws. */
  async close(): Promise<void> {
    const { client, transport } = this.#line;
    const late = pause(closeTimeoutMs, undefined, { ref: false });
    await Promise.race([transport.terminateSession(), late]).catch(() => undefined);
    await client.close().catch(() => undefined);
  }

  async #ask(method: Method, params: JsonObject, { options, budget }: Step, tool?: ToolInfo): Promise<JsonObject> {
    const { client } = this.#line;
    if (tool) await client.callTool({ ...params, name: tool.name }, { ...options, toolDefinition: toSdkTool(tool) });
    else await client.request({ method: method.name, params: { ...params } }, anyAnswer, options);
    return budget.answer;
  }

  async #step<T>(method: Method, cancel: AbortSignal | undefined, work: (step: Step) => Promise<T>): Promise<T> {
    const { url, limits, transport, auth, admittedBy } = this.#line;
    const budget = new Budget({ host: url.host, limits, method });
    const { time } = budget;
    const signal = AbortSignal.any([AbortSignal.timeout(time), budget.broken, ...(cancel ? [cancel] : [])]);
    try {
      return await untilAborted(
        budget.run(() => work({ options: { signal, timeout: time }, budget })),
        signal,
      );
    } catch (error) {
      const { grantedScope, awaited } = auth;
      throw asConnectionError(error, {
        ...{ url, seconds: time / 1_000, grantedScope, admittedBy, awaited },
        step: method === methods.handshake ? "connect" : "request",
        hasSession: transport.sessionId !== undefined,
      });
    } finally {
      budget.end();
    }
  }
}

/** Settles with the promise, or rejects with the signal's reason when that comes first: not every step heeds a signal. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
