import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/client";
import { budgetUser } from "../budgets/budget-user.js";
import { type Lanes, Turns } from "../budgets/turns.js";
import type { ClientDeps } from "../client/client-deps.js";
import type { LinkPool } from "../client/link-pool.js";
import { processWide, runShared } from "../process-wide.js";
import { UnansweredError } from "../server/budget.js";
import { resume } from "../server/dial.js";
import type { Dialled } from "../server/dialled.js";
import type { KeptHandshake } from "../server/kept-handshake.js";
import { methods } from "../server/method.js";
import { Standing, type Wanted } from "../server/standing.js";
import type { StoredSession } from "../session/session-store.js";

export type AttemptDeps = ClientDeps & { pool: LinkPool };

/** How many streams a process opens at the same time: of one user, and in all. The others wait. */
const ofUsers = { perKey: 2, inAll: 8 };

/** The same at one host. One that is slow holds up only its own. */
const atHosts = { perKey: 2, inAll: Number.POSITIVE_INFINITY };

/** How long (ms) one may wait for its turn to be opened. */
const maxWaitMs = 120_000;

/** HTTP statuses that say that there is no standing stream: MCP's own, and what servers without the method answer. */
const silent: ReadonlySet<number | undefined> = new Set([405, 501]);

/**
 * Statuses with which some servers say the same, as they do with a page. Whether that is meant, or something is wrong
 * with the whole connection, another request tells.
 */
const unclear: ReadonlySet<number | undefined> = new Set([400, 401, 403, 404]);

/** An ID that a header can carry, and that any server takes. */
const sendable = /^[!-~]{1,1024}$/;

export interface Place {
  kept: KeptHandshake;
  wanted: Wanted;
  /** Where an earlier stream of this process in the same transport session ended. */
  lastEventId: string;
  /** Called once the stream is open. */
  opened: (server: Dialled) => void;
}

/**
 * How a standing stream ended. `silent`: the server has none, and this is kept with its handshake. `broken`: anything
 * else, which says nothing of the connection.
 */
export type Ending = { kind: "silent" | "flood" | "broken"; openMs: number; lastEventId: string };

/** Opens the standing stream of a session once, and waits for its end. Never throws. */
export async function attempt(
  deps: AttemptDeps,
  stored: StoredSession,
  { kept, wanted, lastEventId, opened }: Place,
  signal: AbortSignal,
): Promise<Ending> {
  const standing = new Standing(deps.limits);
  standing.lastEventId = lastEventId;
  const stop = () => standing.end();
  signal.addEventListener("abort", stop, { once: true });
  let dialled: Dialled | undefined;
  let openedAt: number | undefined;
  const ending = (kind: Ending["kind"]): Ending => ({
    kind: standing.isFlood ? "flood" : kind,
    openMs: openedAt === undefined ? 0 : performance.now() - openedAt,
    // A server may refuse an ID that it no longer knows, so one that has opened nothing is not sent again.
    lastEventId: openedAt !== undefined && sendable.test(standing.lastEventId) ? standing.lastEventId : "",
  });
  try {
    const end = await openingTurn(deps, stored, signal);
    try {
      dialled = kept.handshake ? await resume(deps, stored, kept.handshake) : undefined;
      if (!dialled || signal.aborted) return ending("broken");
      await withinTime(standing, deps.limits.connectTimeout, dialled.stand(standing, wanted));
    } finally {
      end();
    }
    if (standing.isOther || silent.has(standing.status)) {
      return ending(
        (await hasNone(deps, stored, { dialled, standing, kept, lastEventId, signal })) ? "silent" : "broken",
      );
    }
    openedAt = performance.now();
    opened(dialled);
    await standing.ended;
    return ending("broken");
  } catch (error) {
    const isSilent = dialled && (await hasNone(deps, stored, { dialled, standing, kept, lastEventId, error, signal }));
    return ending(isSilent ? "silent" : "broken");
  } finally {
    signal.removeEventListener("abort", stop);
    standing.end();
    if (standing.isFlood) dialled?.warn("The server sends too much on its standing stream", {});
    await dialled?.close();
  }
}

/** Waits for the turn at the host, and then for that of the user: what waits for a slow host keeps no user waiting. */
async function openingTurn({ storeId }: AttemptDeps, { record }: StoredSession, signal: AbortSignal) {
  const endAtHost = await openings("hosts", atHosts).take(new URL(record.serverUrl).host, 1, signal);
  try {
    const end = await openings("users", ofUsers).take(budgetUser(storeId, record.userId), 1, signal);
    return () => {
      end();
      endAtHost();
    };
  } catch (error) {
    endAtHost();
    throw error;
  }
}

const openings = (of: string, lanes: Lanes) =>
  processWide("turns", `standing streams of ${of}`, () => new Turns(lanes, { maxWaitMs }));

/** Some servers send the head of a stream only with its first message. They have this long (ms). */
async function withinTime(standing: Standing, ms: number, opening: Promise<void>): Promise<void> {
  const late = setTimeout(() => standing.end(), ms).unref();
  await opening.finally(() => clearTimeout(late));
}

interface Failed {
  dialled: Dialled;
  standing: Standing;
  kept: KeptHandshake;
  /** What the request said. */
  lastEventId: string;
  error?: unknown;
  signal: AbortSignal;
}

/** Whether an answer or a failure shows that the server has no standing stream. */
async function hasNone(deps: AttemptDeps, stored: StoredSession, failed: Failed): Promise<boolean> {
  const { dialled, standing, lastEventId, error } = failed;
  if (silent.has(standing.status)) return true;
  if (dialled.era === "modern") {
    const isUnknown = error instanceof ProtocolError && error.code === ProtocolErrorCode.MethodNotFound;
    return isUnknown && !(error.data instanceof UnansweredError);
  }
  // The next request does without the ID, which may be all that is wrong.
  const isUnclear = lastEventId === "" && (standing.isOther || unclear.has(standing.status));
  return isUnclear && isSessionKnown(deps, stored, failed);
}

/**
 * Whether the server answers, in the same transport session. If it has forgotten that, this makes another. If it wants
 * another sign-in, the session says so afterwards.
 */
async function isSessionKnown(deps: AttemptDeps, stored: StoredSession, { kept, signal }: Failed): Promise<boolean> {
  const session = { userId: stored.record.userId, sessionId: stored.record.sessionId };
  try {
    await runShared(() =>
      deps.pool.use(deps, session, (links) =>
        links.use(stored, (server) => server.request(methods.ping, {}, { signal })),
      ),
    );
    const now = await deps.sessions.read(session.userId, session.sessionId);
    return deps.handshakes.open(now)?.id === kept.id;
  } catch {
    return false;
  }
}
