import { setTimeout as pause } from "node:timers/promises";
import { admissionOf } from "../credentials/admission.js";
import { SessionNotFoundError } from "../errors.js";
import { pauseAfter } from "../events/pause-after.js";
import { countedFor } from "../outbound/counted-fetch.js";
import type { SessionRecord } from "../session/session-record.js";
import type { StoredSession } from "../session/session-store.js";
import type { StorageDriver } from "../session/storage-driver.js";
import { type AttemptDeps, attempt, type Ending, type Place } from "./attempt.js";
import { backOffMs } from "./back-off.js";
import { StandingLease, standingLeaseMs } from "./standing-lease.js";
import { wantedOf } from "./wanted.js";

export type SessionStreamDeps = AttemptDeps & { driver: StorageDriver };

/** Takes room for one more stream; undefined if there is none. The returned function gives it back. */
export type TakeRoom = () => (() => void) | undefined;

/** The longest pause (ms) before the first try: after a deploy, all streams would be opened at once. */
const startMs = 1_000;

/** A stream that was open for so long (ms) has not failed. */
const provenMs = 60_000;

/** How long (ms) one waits for what happens to its connection before it looks. */
const settleMs = 100;

/**
 * The standing stream of one session, as far as this process is concerned: while the session is connected and its server
 * has something to tell, one process of all holds the lease and the stream, and the others wait for the lease.
 */
export class SessionStream {
  readonly #parts: () => SessionStreamDeps;
  readonly #session: Pick<SessionRecord, "userId" | "sessionId">;
  readonly #takeRoom: TakeRoom;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  /** Aborts the wait, or the stream, that is current. */
  #look = new AbortController();
  /** The version of the record as last seen. */
  #seen = 0;

  constructor(parts: () => SessionStreamDeps, session: SessionStream["session"], takeRoom: TakeRoom) {
    this.#parts = parts;
    this.#session = { userId: session.userId, sessionId: session.sessionId };
    this.#takeRoom = takeRoom;
    this.#ended = this.#run();
  }

  get session(): Pick<SessionRecord, "userId" | "sessionId"> {
    return this.#session;
  }

  /** The record has this version now: what is wanted may be different. */
  changed(v: number): void {
    if (v > this.#seen) this.#look.abort();
  }

  /** Something that the record does not tell is different. */
  poke(): void {
    this.#look.abort();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    await this.#wait(Math.random() * startMs, this.#stop.signal);
    while (!this.#stop.signal.aborted) {
      this.#look = new AbortController();
      const waitMs = await this.#turn().catch((error: unknown) =>
        error instanceof SessionNotFoundError ? undefined : pauseAfter(error) * (1 + Math.random()),
      );
      await this.#wait(waitMs, AbortSignal.any([this.#stop.signal, this.#look.signal]));
      await this.#wait(settleMs, this.#stop.signal);
    }
  }

  /** Returns how long (ms) to wait before the next turn; undefined: until something changes. */
  async #turn(): Promise<number | undefined> {
    const deps = this.#parts();
    const place = await this.#place(deps);
    if (!place) return undefined;
    const giveBack = this.#takeRoom();
    // Another process may have room.
    if (!giveBack) return standingLeaseMs * (1 + Math.random());
    try {
      const lease = new StandingLease(deps.driver, this.#session);
      const othersMs = await lease.take();
      if (othersMs > 0) return othersMs + Math.random() * startMs;
      await lease.during(this.#stop.signal, (signal) => this.#hold(countedFor(deps, this.#session.userId), signal));
      return 0;
    } finally {
      giveBack();
    }
  }

  /** What this session has to be told, and how; undefined if that is nothing. */
  async #place(deps: SessionStreamDeps): Promise<{ stored: StoredSession; place: Place } | undefined> {
    const { userId, sessionId } = this.#session;
    const stored = await deps.sessions.read(userId, sessionId);
    this.#seen = stored.record.v;
    if (stored.record.state !== "CONNECTED") return undefined;
    const kept = deps.handshakes.current(stored);
    if (!kept?.handshake || kept.isSilent) return undefined;
    const wanted = wantedOf(kept.handshake, []);
    return wanted && { stored, place: { kept, wanted, lastEventId: "" } };
  }

  /** Keeps the stream open, and opens it again, for as long as the lease is held and there is something to tell. */
  async #hold(deps: SessionStreamDeps, held: AbortSignal): Promise<void> {
    let [failures, lastEventId, before] = [0, "", ""];
    while (!held.aborted) {
      this.#look = new AbortController();
      const found = await this.#place(deps);
      if (!found) return;
      const { stored, place } = found;
      const identity = JSON.stringify([admissionOf(stored), place.kept.id]);
      if (identity !== before) [failures, lastEventId, before] = [0, "", identity];
      const ending = await this.#stream(deps, { stored, place: { ...place, lastEventId } }, held);
      if (!ending) continue;
      if (ending.kind === "silent") return this.#silence(deps, place.kept.id);
      ({ lastEventId } = ending);
      failures = ending.kind === "broken" && ending.openMs > provenMs ? 1 : failures + 1;
      await this.#wait(backOffMs(ending.kind, failures), AbortSignal.any([held, this.#look.signal]));
    }
  }

  /** The stream, until it ends, or what it was opened for is different. Undefined if it was ended for that. */
  async #stream(
    deps: SessionStreamDeps,
    found: { stored: StoredSession; place: Place },
    held: AbortSignal,
  ): Promise<Ending | undefined> {
    const { stored, place } = found;
    const over = new AbortController();
    const opened = attempt(deps, stored, place, AbortSignal.any([held, over.signal]));
    const ended = opened.then(() => true);
    for (;;) {
      const look = this.#look.signal;
      const changed = new Promise<false>((resolve) => look.addEventListener("abort", () => resolve(false)));
      if (look.aborted || !(await Promise.race([ended, changed]))) {
        await this.#wait(settleMs, held);
        this.#look = new AbortController();
        const now = await this.#place(deps).catch((error: unknown) => {
          // While the store does not answer, nothing is known to be different.
          if (error instanceof SessionNotFoundError) return undefined;
          return found;
        });
        const isSame = now && now.place.kept.id === place.kept.id && admissionOf(now.stored) === admissionOf(stored);
        if (isSame && JSON.stringify(now.place.wanted) === JSON.stringify(place.wanted)) continue;
        over.abort();
        await opened;
        return undefined;
      }
      return opened;
    }
  }

  /** Remembers, for all processes, that the server has no standing stream. */
  async #silence({ sessions, handshakes }: SessionStreamDeps, id: string): Promise<void> {
    const { userId, sessionId } = this.#session;
    await sessions.change(userId, sessionId, (record, _now, credentials, handshake) => {
      const text = handshakes.silenced({ record, credentials, handshake }, id);
      return text === undefined ? undefined : { handshake: text };
    });
  }

  async #wait(ms: number | undefined, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (ms !== undefined) return pause(ms, undefined, { signal, ref: false }).catch(() => undefined);
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }
}
