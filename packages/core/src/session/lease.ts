import { randomUUID } from "node:crypto";

/** How long (ms) a step of connecting may go without renewing its lease before the session counts as interrupted. */
const leaseMs = 20_000;

/** A new lease for a transitional state. */
export function newLease(now: number, owner: string = randomUUID()) {
  return { owner, until: now + leaseMs };
}
