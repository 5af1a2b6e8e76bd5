import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { admissionOf } from "../credentials/admission.js";
import { CancelledError, ConnectTimeoutError } from "../errors.js";
import { shownHost } from "../outbound/shown-host.js";
import { singleFlight } from "../process-wide.js";
import { dial, resume } from "../server/dial.js";
import type { Dialled } from "../server/dialled.js";
import { type Handshake, headOf, type KeptHandshake } from "../server/kept-handshake.js";
import type { StoredSession } from "../session/session-store.js";
import type { SessionChange, Sessions } from "../session/sessions.js";
import type { EndDeps } from "./end-transport-session.js";

export interface LinkDeps extends EndDeps {
  sessions: Sessions;
}

/** A connection for calls. */
export interface Link {
  dialled: Dialled;
  /** The kept handshake that it was opened with; absent if it has one of its own, which ends with it. */
  kept?: KeptHandshake;
}

/** Reads a session again. Waits while it is being connected, and throws what keeps it from being used. */
export type Again = () => Promise<StoredSession>;

/** How long (ms) a turn lasts beyond the handshake itself, and how often others look whether it is over. */
const [turnSpareMs, lookIntervalMs] = [5_000, 50];

/**
 * Opens a connection for the calls of a session. Usually it sends nothing, because a handshake is kept. Without one, a
 * single caller in all processes makes it, and the others wait. Throws like `dial` and {@link replaceLost}.
 */
export async function openLink(deps: LinkDeps, given: StoredSession, again: Again): Promise<Link> {
  let stored = given;
  for (let rounds = 2; ; rounds -= 1) {
    const kept = deps.handshakes.current(stored);
    const dialled = kept?.handshake ? await resume(deps, stored, kept.handshake) : undefined;
    if (dialled && kept) return { dialled, kept };
    const isOwn = kept?.handshake === null;
    if (isOwn || rounds === 0) return { dialled: await dial(deps, stored) };
    stored = await sameAccount(deps, { before: given, seen: await makeHandshake(deps, stored) }, again);
  }
}

/**
 * Replaces a handshake whose protocol session the server has forgotten, unless another caller has done so already.
 * Returns the session as it then is. Throws like `dial` and `again`, and a {@link CancelledError} if the call may not
 * go on with it.
 */
export async function replaceLost(deps: LinkDeps, lost: KeptHandshake, before: StoredSession, again: Again) {
  const { userId, sessionId } = before.record;
  const stored = await deps.sessions.read(userId, sessionId);
  const isConnected = stored.record.state === "CONNECTED";
  const isThere = isConnected && deps.handshakes.open(stored)?.id === lost.id;
  return sameAccount(deps, { before, seen: isThere ? await makeHandshake(deps, stored, lost) : stored }, again);
}

/** A call that began as one account must not go on as another, nor after its user has ended the connection. */
async function sameAccount(
  deps: LinkDeps,
  { before, seen }: { before: StoredSession; seen: StoredSession },
  again: Again,
): Promise<StoredSession> {
  const { state } = seen.record;
  // Others may be connecting it just now, or may have found out why it does not work.
  const stored = state === "CONNECTED" || state === "DISCONNECTED" ? seen : await again();
  if (stored.record.state === "CONNECTED" && isSameAccount(deps, before, stored)) return stored;
  throw new CancelledError({
    message: "You disconnected or signed in again while this was running",
    hint: "Try again.",
    retryable: true,
  });
}

/** Where the app signs in as itself, another sign-in is the same account. */
function isSameAccount({ registrations }: LinkDeps, before: StoredSession, stored: StoredSession): boolean {
  const [had, has] = [before.record, stored.record];
  if (had.serverUrl !== has.serverUrl) return false;
  if (admissionOf(stored) === admissionOf(before)) return true;
  return had.headers?.version === has.headers?.version && registrations.isOurOwn(has.serverUrl);
}

/** Makes sure that no other call uses a handshake that the server refuses. The next call makes another. */
export function dropRefused(deps: LinkDeps, { id, handshake: made }: KeptHandshake, whose: Whose): Promise<void> {
  // Without a session ID, nothing says what such a server remembers us by.
  const isNameless = made?.era === "legacy" && made.transportSession === null;
  return replaceKept(deps, id, whose, { isShareable: !isNameless });
}

/**
 * A second loss within one call teaches the same as two within a minute: for a while, each call has a session of its
 * own.
 */
export function shareNoMore(deps: LinkDeps, { id }: KeptHandshake, whose: Whose): Promise<void> {
  return replaceKept(deps, id, whose, { isShareable: false });
}

/** Takes away a handshake, unless another has its place, and says there if none can be shared. */
async function replaceKept(
  deps: LinkDeps,
  id: string,
  { userId, sessionId }: Whose,
  { isShareable }: { isShareable: boolean },
): Promise<void> {
  await deps.sessions.change(userId, sessionId, (record, now, credentials, handshake) => {
    const stored = { record, credentials, handshake };
    if (deps.handshakes.open(stored)?.id !== id) return undefined;
    if (isShareable) return { handshake: null };
    return {
      handshake: deps.handshakes.seal(record, { admission: admissionOf(stored), handshake: null }, { now }).text,
    };
  });
}

type Whose = Pick<StoredSession["record"], "userId" | "sessionId">;

/** Makes a handshake in the place of the stored one, once for all callers. Returns the session as it then is. */
function makeHandshake(deps: LinkDeps, stored: StoredSession, lost?: KeptHandshake): Promise<StoredSession> {
  const { record, handshake = "" } = stored;
  const { userId, sessionId } = record;
  const key = JSON.stringify([deps.storeId, userId, sessionId, headOf(handshake), admissionOf(stored)]);
  return singleFlight("handshake", key, async () => {
    const turn = { by: randomUUID(), lifeMs: deps.limits.connectTimeout + turnSpareMs };
    for (const end = performance.now() + turn.lifeMs; performance.now() < end; ) {
      const answer = await deps.handshakes.takeTurn(stored, turn);
      if (answer.state === "changed") return deps.sessions.read(userId, sessionId);
      if (answer.state === "theirs") {
        await pause(Math.min(lookIntervalMs, Math.max(answer.ms, 1)));
        continue;
      }
      try {
        await makeInTurn(deps, stored, lost);
      } finally {
        // If this fails, the others wait only until the turn expires.
        await deps.handshakes.yieldTurn(stored, turn.by).catch(() => undefined);
      }
      return deps.sessions.read(userId, sessionId);
    }
    throw noHandshake(record.serverUrl);
  });
}

async function makeInTurn(deps: LinkDeps, stored: StoredSession, lost: KeptHandshake | undefined): Promise<void> {
  const dialled = await dial(deps, stored);
  const isKept = await keep(deps, stored, { dialled, lost }).catch(async (error: unknown) => {
    await dialled.end();
    throw error;
  });
  await (isKept ? dialled.close() : dialled.end());
}

/** Keeps a handshake with its session, unless the session has another one or is no longer connected. */
async function keep(
  deps: LinkDeps,
  { record: { userId, sessionId }, handshake: before }: StoredSession,
  { dialled, lost }: { dialled: Dialled; lost: KeptHandshake | undefined },
): Promise<boolean> {
  const { admission, said } = dialled;
  const made: Handshake = dialled.handshake;
  let isKept = false;
  await deps.sessions.change(userId, sessionId, (record, now, credentials, handshake): SessionChange | undefined => {
    isKept = false;
    const isWanted = record.state === "CONNECTED" && handshake === before;
    if (!isWanted || admissionOf({ record, credentials }) !== admission) return undefined;
    const sealed = deps.handshakes.seal(record, { admission, handshake: made }, { now, lost });
    isKept = sealed.isShared;
    return { handshake: sealed.text, ...said };
  });
  return isKept;
}

const noHandshake = (serverUrl: string) =>
  new ConnectTimeoutError({
    message: `Another process has not finished its handshake with ${shownHost(serverUrl)}`,
    hint: "Try again in a moment.",
    retryable: true,
  });
