import { admissionOf } from "../credentials/admission.js";
import { SessionNotFoundError } from "../errors.js";
import { pauseAfter } from "../events/pause-after.js";
import { countedFor } from "../outbound/counted-fetch.js";
import type { Dialled } from "../server/dialled.js";
import type { KeptHandshake } from "../server/kept-handshake.js";
import type { Wanted } from "../server/standing.js";
import type { SessionRecord } from "../session/session-record.js";
import type { StoredSession } from "../session/session-store.js";
import type { StorageDriver } from "../session/storage-driver.js";
import { type AttemptDeps, attempt, type Ending } from "./attempt.js";
import { backOffMs } from "./back-off.js";
import { renewHandshake } from "./renew-handshake.js";
import { StandingLease, standingLeaseMs } from "./standing-lease.js";
import { Subscriptions } from "./subscriptions.js";
import { pauseUntil, Wake } from "./wake.js";
import { tellsOfResources, wantedOf } from "./wanted.js";

export type SessionStreamDeps = AttemptDeps & { driver: StorageDriver };

/** Takes room for one more stream; undefined if the room is full. The returned function gives it back. */
export type TakeRoom = () => (() => void) | undefined;

/** The longest pause (ms) before the first try: after a deploy, all streams would be opened at once. */
const startMs = 1_000;

/** A stream that was open for so long (ms) has not failed. */
const provenMs = 60_000;

/** How much longer one waits at most, twice as long each time, for a store that does not answer. */
const maxTimes = 8;

/** How often (ms) what is followed is compared: another process may have been told. */
const followPollMs = 5_000;

/** How long (ms) one waits for what happens to its connection before it looks. */
const settleMs = 100;

/** The same in the modern era, where each change of what is followed opens the stream again. */
const reopenMs = 1_000;

interface Aim {
  stored: StoredSession;
  kept: KeptHandshake;
  /** Whether the handshake is too old to open a stream with. */
  isOutdated: boolean;
  /** Whether the server tells of single resources. */
  canFollow: boolean;
  wanted: Wanted | undefined;
}

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
  /** Rings when it is time to look what is wanted. */
  readonly #wake = new Wake();
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
    if (v > this.#seen) this.#wake.ring();
  }

  /** Something that the record does not tell is different. */
  poke(): void {
    this.#wake.ring();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal: stop } = this.#stop;
    await pauseUntil(Math.random() * startMs, stop);
    for (let failures = 0; !stop.aborted; ) {
      const began = performance.now();
      let waitMs: number | undefined;
      try {
        waitMs = await this.#turn();
        failures = 0;
      } catch (error) {
        if (performance.now() - began > provenMs) failures = 0;
        // While a store is down, all streams of the process ask it.
        const times = Math.min(2 ** failures, maxTimes) * (1 + Math.random());
        waitMs = error instanceof SessionNotFoundError ? undefined : pauseAfter(error) * times;
        failures += 1;
      }
      await this.#wake.wait(waitMs, stop);
      await pauseUntil(settleMs, stop);
    }
  }

  /** Returns how long (ms) to wait before the next turn; undefined: until something changes. */
  async #turn(): Promise<number | undefined> {
    const deps = this.#parts();
    const aim = await this.#aim(deps);
    // Another process may be told what to follow.
    if (!aim?.wanted) return aim?.canFollow ? followPollMs * (1 + Math.random()) : undefined;
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

  /** What the server is to tell; undefined if it can tell nothing. */
  async #aim(deps: SessionStreamDeps): Promise<Aim | undefined> {
    const { userId, sessionId } = this.#session;
    this.#wake.reset();
    const stored = await deps.sessions.read(userId, sessionId);
    this.#seen = stored.record.v;
    if (stored.record.state !== "CONNECTED") return undefined;
    const kept = deps.handshakes.open(stored);
    if (!kept?.handshake || kept.isSilent) return undefined;
    const isOutdated = !deps.handshakes.current(stored);
    const canFollow = tellsOfResources(kept.handshake);
    const followed = canFollow ? await deps.followed.list(this.#session) : [];
    return { stored, kept, isOutdated, canFollow, wanted: wantedOf(kept.handshake, followed) };
  }

  /** Keeps the stream open, and opens it again, for as long as the lease is held and there is something to tell. */
  async #hold(deps: SessionStreamDeps, held: AbortSignal): Promise<void> {
    let [failures, lastEventId, before] = [0, "", ""];
    while (!held.aborted) {
      const aim = await this.#aim(deps);
      if (!aim?.wanted) return;
      const identity = JSON.stringify([admissionOf(aim.stored), aim.kept.id]);
      if (identity !== before) [failures, lastEventId, before] = [0, "", identity];
      const ending = aim.isOutdated
        ? await renewHandshake(deps, aim.stored, held)
        : await this.#stream(deps, { aim: { ...aim, wanted: aim.wanted }, lastEventId }, held);
      if (!ending) continue;
      if (ending.kind === "silent") return this.#silence(deps, aim.kept.id);
      ({ lastEventId } = ending);
      failures = ending.kind === "broken" && ending.openMs > provenMs ? 1 : failures + 1;
      await pauseUntil(backOffMs(ending.kind, failures), held);
    }
  }

  /** The stream, until it ends, or what it was opened for is different. Undefined if it was ended for that. */
  async #stream(
    deps: SessionStreamDeps,
    { aim, lastEventId }: { aim: Aim & { wanted: Wanted }; lastEventId: string },
    held: AbortSignal,
  ): Promise<Ending | undefined> {
    const { stored, kept, canFollow } = aim;
    const isLegacy = kept.handshake?.era === "legacy";
    const over = new AbortController();
    const end = () => over.abort();
    let { wanted } = aim;
    let subscriptions: Subscriptions | undefined;
    const follow = () => subscriptions?.set(wanted.resourceSubscriptions ?? []);
    const opened = (server: Dialled) => {
      if (server.era === "legacy") subscriptions = new Subscriptions(server);
      follow();
    };
    held.addEventListener("abort", end);
    if (held.aborted) end();
    let ending: Ending | undefined;
    const attempted = attempt(deps, stored, { kept, wanted, lastEventId, opened }, over.signal).then((ended) => {
      ending = ended;
      end();
    });
    try {
      for (;;) {
        await this.#wake.wait(canFollow ? followPollMs : undefined, over.signal);
        await pauseUntil(isLegacy ? settleMs : reopenMs, over.signal);
        if (over.signal.aborted) break;
        // While the store does not answer, nothing is known to be different.
        const now = await this.#aim(deps).catch((error: unknown) =>
          error instanceof SessionNotFoundError ? undefined : { ...aim, wanted },
        );
        const isSame = now?.kept.id === kept.id && admissionOf(now.stored) === admissionOf(stored);
        const isStill = isSame && JSON.stringify(now.wanted) === JSON.stringify(wanted);
        if (!isSame || !now.wanted || !(isStill || isLegacy)) return undefined;
        ({ wanted } = now);
        follow();
      }
      await attempted;
      return ending;
    } finally {
      held.removeEventListener("abort", end);
      end();
      await attempted;
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
}
