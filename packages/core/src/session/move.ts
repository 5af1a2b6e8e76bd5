import { canMove, isTransitional, type LoggedEvent } from "@mcp-assistant/protocol";
import { IllegalMoveError } from "../errors.js";
import { toConnection, wantsSignIn } from "./connection-view.js";
import type { SessionRecord } from "./session-record.js";

/** A tool list by its hash, and by name how it differs from the one before: see the event `tools_discovered`. */
export type DiscoveredTools = Pick<
  Extract<LoggedEvent, { type: "tools_discovered" }>,
  "hash" | "count" | "added" | "removed" | "addedCount" | "removedCount"
>;

/** What a server has said on its own, which changes nothing in the record. */
export type Announced = { type: "resources_changed" | "prompts_changed" } | { type: "resource_updated"; uri: string };

/** What a change may set. The rest follows from `state`: see {@link move}. */
export type Change = Partial<
  Pick<
    SessionRecord,
    | "state"
    | "active"
    | "serverName"
    | "callbackUrl"
    | "transportType"
    | "work"
    | "flow"
    | "attempts"
    | "challenge"
    | "stepUps"
    | "headers"
    | "signedIn"
    | "era"
    | "error"
    | "reason"
  >
> & {
  /** A tool list that has just been read: its hash and how it differs from the one before. */
  discovered?: DiscoveredTools;
  /** The tools have just been listed, and are the same as before. */
  toolsListed?: true;
  announced?: readonly Announced[];
};

export interface MoveContext {
  /** ms since the epoch, the store's clock. */
  now: number;
  /** The URL of our sign-in page for a session. */
  authUrl: (sessionId: string) => string;
}

export interface Move {
  next: SessionRecord;
  events: LoggedEvent[];
}

/**
 * Returns the record after a change, and the events that report it. Pure. A resting state has no lease, and attempts end
 * with their flow. A reason belongs to DISCONNECTED and an error to FAILED, and both end with their state. DISCONNECTED
 * resets the step-up count. Events report a move, another name, a sign-in that was stored or erased, and when a sign-in
 * starts or stops being wanted, and what is announced. Throws an {@link IllegalMoveError}.
 */
export function move(
  record: SessionRecord,
  { discovered, toolsListed, announced = [], ...change }: Change,
  context: MoveContext,
): Move {
  const state = change.state ?? record.state;
  if (!canMove(record.state, state)) {
    throw new IllegalMoveError({
      message: `A connection cannot go from ${record.state} to ${state}`,
      hint: "This is a bug in the app. Please report it.",
      retryable: false,
    });
  }
  const moved = state !== record.state;
  const next: SessionRecord = {
    ...record,
    ...(moved ? { error: null, reason: null } : {}),
    ...change,
    ...(discovered ? { tools: { hash: discovered.hash, count: discovered.count, listedAt: context.now } } : {}),
    ...(toolsListed && record.tools ? { tools: { ...record.tools, listedAt: context.now } } : {}),
    v: record.v + 1,
    state,
    stateSince: moved ? context.now : record.stateSince,
    connectedAt: record.connectedAt ?? (state === "CONNECTED" ? context.now : null),
  };
  if (!isTransitional(state)) next.work = null;
  if (next.flow !== record.flow) next.attempts = change.attempts ?? [];
  if (state === "DISCONNECTED") next.stepUps = 0;
  // Pages offer to sign in or out only when that does something.
  const isReported =
    moved ||
    record.serverName !== next.serverName ||
    record.signedIn !== next.signedIn ||
    wantsSignIn(record) !== wantsSignIn(next);
  const events = isReported ? eventsOf(record, next, context) : [];
  if (discovered) {
    events.push({ type: "tools_discovered", ...eventBase(next, context.now), ...discovered });
  }
  for (const said of announced) events.push({ ...eventBase(next, context.now), ...said });
  return { next, events };
}

/** The events of a session that has just been created. */
export function createdEvents(record: SessionRecord, context: MoveContext): LoggedEvent[] {
  return eventsOf(null, record, context);
}

/** The fields that every event of a session has. */
export function eventBase(
  { sessionId, serverId, v }: Pick<SessionRecord, "sessionId" | "serverId" | "v">,
  now: number,
) {
  return { sessionId, serverId, v, at: new Date(now).toISOString() };
}

function eventsOf(before: SessionRecord | null, next: SessionRecord, { now, authUrl }: MoveContext): LoggedEvent[] {
  const { state, error, reason } = next;
  const base = eventBase(next, now);
  const connection = toConnection(next, authUrl);
  const events: LoggedEvent[] = [
    { type: "state_changed", ...base, state, previousState: before?.state ?? null, connection },
  ];
  if (connection.authUrl) events.push({ type: "auth_required", ...base, authUrl: connection.authUrl });
  if (before?.state === state) return events;
  if (error) events.push({ type: "error", ...base, error });
  if (state === "DISCONNECTED") events.push({ type: "disconnected", ...base, reason });
  return events;
}
