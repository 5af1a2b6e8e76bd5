import { randomUUID } from "node:crypto";

/** How long (ms) a step of connecting may leave its lease unrenewed before the session counts as interrupted. */
const leaseMs = 20_000;

/** A new lease on a transitional state. */
export function newLease(now: number, owner: string = randomUUID()) {
  return { owner, until: now + leaseMs };
}
