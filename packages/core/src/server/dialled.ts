import { setTimeout as pause } from "node:timers/promises";
import { type Era, isMcpSessionError, type ToolInfo } from "@mcp-assistant/protocol";
import type { Client, JSONRPCNotification, RequestOptions, ServerCapabilities } from "@modelcontextprotocol/client";
import * as z from "zod";
import type { SessionAuthProvider } from "../authorization/tokens/session-auth-provider.js";
import { Delivery } from "../budgets/delivery.js";
import { Secret } from "../credentials/secret.js";
import { callerGone, type LimitExceededError } from "../errors.js";
import type { Limits } from "../limits.js";
import type { Log } from "../logger.js";
import { Deadline } from "../outbound/deadline.js";
import { shownHost } from "../outbound/shown-host.js";
import type { SessionRecord } from "../session/session-record.js";
import type { Checker } from "../tools/output-schema.js";
import { toSdkTool } from "../tools/tool.js";
import { Budget } from "./budget.js";
import { runFor } from "./current.js";
import { Hearing } from "./hearing.js";
import type { Handshake } from "./kept-handshake.js";
import type { Listeners } from "./listeners.js";
import { type Method, methods } from "./method.js";
import { refusesHandshake } from "./refusal.js";
import { type AdmittedBy, asConnectionError, isSessionLost } from "./server-error.js";
import { toCapabilityNames, toProtocolVersion, toServerInfo } from "./server-info.js";
import type { Standing, Wanted } from "./standing.js";
import { StepTime } from "./step-time.js";
import type { GuardedTransport } from "./transport.js";

/** The maximum time (ms) for ending a protocol session. */
const closeTimeoutMs = 3_000;

/** The parameters of a request, or an answer as the server sent it: bounded by the budget, checked by the caller. */
type JsonObject = Readonly<Record<string, unknown>>;

const anyAnswer = z.looseObject({});

/** The parts of a connection to a server. */
export interface ConnectionParts {
  client: Client;
  transport: GuardedTransport;
  url: URL;
  auth: Pick<SessionAuthProvider, "grantedScope" | "awaited">;
  admittedBy: AdmittedBy;
  /** See `admissionOf`. */
  admission: () => string;
  limits: Limits;
  /** Names the storage and the user. What users hold and spend in this process is counted by it. */
  user: string;
  /** Logs a warning for the operator that names the session and the server. */
  warn: (message: string, metadata: NonNullable<Parameters<Log>[2]>["metadata"]) => void;
}

/** A step: the request options for the SDK, and the budget. */
export interface Step {
  options: RequestOptions;
  budget: Budget;
}

export interface AskOptions {
  /** Aborting it gives up with `CANCELLED`, or with its reason if that is an error of ours. */
  signal?: AbortSignal | undefined;
  /** The caller's own time limit (ms). It takes the place of ours, up to that on the whole request. */
  timeoutMs?: number | undefined;
  /** Hears what the server says while the request runs. */
  listeners?: Listeners | undefined;
  /** The called tool, which determines the arguments that are mirrored in headers (SEP-2243). */
  tool?: ToolInfo;
}

interface StepOptions extends Pick<AskOptions, "signal" | "timeoutMs"> {
  hearing?: Hearing;
}

/** A connection to a server. Its methods throw only our own errors, see `dial`. */
export class Dialled {
  readonly #parts: ConnectionParts;
  /** Whether it was opened with a handshake that was made before. */
  isResumed = false;
  #isDoubted = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  get url(): URL {
    return this.#parts.url;
  }

  get era(): Era {
    return this.#parts.client.getProtocolEra() === "modern" ? "modern" : "legacy";
  }

  /** What lets it in. */
  get admission(): string {
    return this.#parts.admission();
  }

  /**
   * What the server said in the handshake, for connections that do without one. Its instructions are left out: they may
   * be long, and have been checked.
   */
  get handshake(): Handshake {
    const { client, transport } = this.#parts;
    const said = client.getDiscoverResult();
    if (said) {
      const { instructions: _checked, ...discover } = said;
      return { era: "modern", discover };
    }
    const initialize = {
      protocolVersion: client.getNegotiatedProtocolVersion() ?? "",
      capabilities: client.getServerCapabilities() ?? {},
      serverInfo: client.getServerVersion(),
    };
    const { sessionId } = transport;
    return { era: "legacy", initialize, transportSession: sessionId === undefined ? null : new Secret(sessionId) };
  }

  /** What a connection shows of the handshake. */
  get said(): Pick<SessionRecord, "era" | "serverInfo" | "protocolVersion" | "capabilities"> {
    const { client } = this.#parts;
    return {
      era: this.era,
      serverInfo: toServerInfo(client.getServerVersion()),
      protocolVersion: toProtocolVersion(client.getNegotiatedProtocolVersion()),
      capabilities: toCapabilityNames(client.getServerCapabilities()),
    };
  }

  /** What the server says about its use, for models. Unknown on a connection that was opened without a handshake. */
  get instructions(): string | undefined {
    return this.#parts.client.getInstructions();
  }

  /** Whether the server refused a request as if there had been no handshake, or another one. */
  get isDoubted(): boolean {
    return this.#isDoubted;
  }

  /** Whether the server has declared this capability. */
  offers(capability: keyof ServerCapabilities): boolean {
    return this.#parts.client.getServerCapabilities()?.[capability] !== undefined;
  }

  /** Whether the server tells of changes of single resources. */
  get tellsOfResources(): boolean {
    return this.#parts.client.getServerCapabilities()?.resources?.subscribe === true;
  }

  get warn(): ConnectionParts["warn"] {
    return this.#parts.warn;
  }

  /** Checks the results of this user. */
  get checker(): Checker {
    const { user, limits } = this.#parts;
    return { user, msPerMinute: limits.schemaMsPerMinute };
  }

  /** Performs the handshake, which must come first. */
  connect(shake: (step: Step) => Promise<void>, signal?: AbortSignal): Promise<void> {
    return this.#step(methods.handshake, { signal }, shake);
  }

  /** Sends one request. */
  request(method: Method, params: JsonObject, { tool, ...options }: AskOptions = {}): Promise<JsonObject> {
    const asked = new Hearing(options.listeners, this.era);
    return this.#step(method, { ...options, hearing: asked }, (step) =>
      this.#ask(method, asked.inParams(params), step, tool),
    );
  }

  /** Sends several requests that share one budget, such as those for the pages of a list. */
  together<T>(
    method: Method,
    work: (ask: (params: JsonObject) => Promise<JsonObject>, budget: Budget) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    return this.#step(method, { signal }, (step) => work((params) => this.#ask(method, params, step), step.budget));
  }

  /**
   * Opens the stream on which the server may say something on its own, and resolves once it has. Rejects with the SDK's
   * error. In the modern era, the request says of what.
   */
  async stand(standing: Standing, { resourceSubscriptions = [], ...wanted }: Wanted): Promise<void> {
    const { client, transport } = this.#parts;
    if (this.era === "legacy") return transport.stand(standing);
    const filter = { ...wanted, ...(resourceSubscriptions.length > 0 ? { resourceSubscriptions } : {}) };
    const options = { signal: standing.signal, timeout: this.#parts.limits.connectTimeout };
    const { closed } = await runFor({ standing }, () => client.listen(filter, options));
    void closed.then(() => standing.end());
  }

  /**
   * Closes the connection, and leaves the protocol session as it is: others may use it. One that the server refuses is
   * ended, because its handshake is kept no longer. Never throws.
   */
  async close(): Promise<void> {
    await (this.#isDoubted ? this.end() : this.#hangUp());
  }

  /** Ends the protocol session, if there is one (modern servers have none), and closes. Never throws. */
  async end(): Promise<void> {
    const { transport } = this.#parts;
    const late = pause(closeTimeoutMs, undefined, { ref: false });
    await Promise.race([transport.terminateSession(), late]).catch(() => undefined);
    await this.#hangUp();
  }

  async #hangUp(): Promise<void> {
    await this.#parts.client.close().catch(() => undefined);
  }

  async #ask(method: Method, params: JsonObject, { options, budget }: Step, tool?: ToolInfo): Promise<JsonObject> {
    const { client } = this.#parts;
    // The SDK's `callTool` mirrors arguments in headers, which only the modern era has, and checks more than `request`.
    if (tool && this.era === "modern") {
      await client.callTool({ ...params, name: tool.name }, { ...options, toolDefinition: toSdkTool(tool) });
    } else await client.request({ method: method.name, params: { ...params } }, anyAnswer, options);
    return budget.answer;
  }

  async #step<T>(
    method: Method,
    { signal: cancel, timeoutMs, hearing }: StepOptions,
    work: (step: Step) => Promise<T>,
  ): Promise<T> {
    const { url, limits, user, transport, auth, admittedBy } = this.#parts;
    const time = new StepTime(method, limits, { timeoutMs, isRenewed: hearing?.hasProgress });
    const deadline = new Deadline(ownOf(cancel), time.ms);
    const { signal } = deadline;
    const renew = () => deadline.extend(time.renewedMs());
    const heard = hearing && ((notification: JSONRPCNotification) => hearing.hear(notification, renew));
    const breakOff = (error: LimitExceededError) => deadline.abort(error);
    const budget = new Budget({ host: shownHost(url), limits, method, user, isReport: hearing?.isReport, breakOff });
    const stopped = ownOf(Delivery.current()?.stopped);
    if (stopped?.aborted) budget.giveWay();
    stopped?.addEventListener("abort", budget.giveWay, { once: true });
    try {
      signal.throwIfAborted();
      budget.admit();
      return await untilAborted(
        runFor({ budget, maxMs: time.maxMs, heard }, () => work({ options: { signal, timeout: time.maxMs }, budget })),
        signal,
      );
    } catch (error) {
      const { grantedScope, awaited } = auth;
      const known = asConnectionError(hasGivenUp(cancel, signal) ? callerGone() : error, {
        ...{ url, ...time.limit(), grantedScope, admittedBy, awaited },
        step: method === methods.handshake ? "connect" : "request",
        hasSession: transport.sessionId !== undefined,
      });
      this.#isDoubted ||= this.isResumed && refusesHandshake(error) && !isSessionLost(known);
      throw known;
    } finally {
      hearing?.end();
      stopped?.removeEventListener("abort", budget.giveWay);
      deadline.end();
      budget.end();
    }
  }
}

/** Whether the caller has ended the step, and for a reason of their own. */
const hasGivenUp = (caller: AbortSignal | undefined, step: AbortSignal) =>
  caller?.aborted === true && step.reason === caller.reason && !isMcpSessionError(caller.reason);

/** A signal that aborts with another. Node would take many listeners on a signal that steps share for a leak. */
const ownOf = (signal: AbortSignal | undefined) => signal && AbortSignal.any([signal]);

/**
 * Settles like the promise, or rejects with the signal's reason if that comes first. Not every step watches its signal,
 * which is its own, so the listener need not be removed.
 */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject);
  });
}
