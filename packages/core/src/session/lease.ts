import { randomUUID } from "node:crypto";
import type { SessionRecord } from "./session-record.js";

/** How long (ms) a step of connecting may go without renewing its lease before the session counts as interrupted. */
const leaseMs = 20_000;

/** The longest lease (ms) of a session that waits for its user to sign in: the maximum of the option attemptTtl. */
const maxSignInLeaseMs = 600_000;

/** How far (ms) the clock of the process that took a lease may be ahead of the store's. */
const maxClockLeadMs = 5_000;

/** A new lease for a transitional state. */
export function newLease(now: number, owner: string = randomUUID()) {
  return { owner, until: now + leaseMs };
}

/**
 * Whether a lease holds at `now` (ms, the store's clock). One that ends later than any lease can was taken by a clock
 * that has been set back since, such as that of a failed master: it would hold for as long as the clock was wrong.
 */
export function isLeased({ state, work }: Pick<SessionRecord, "state" | "work">, now: number): boolean {
  const maxMs = (state === "AUTHENTICATING" ? maxSignInLeaseMs : leaseMs) + maxClockLeadMs;
  return work !== null && now < work.until && work.until - now <= maxMs;
}
