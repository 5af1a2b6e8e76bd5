import { Allowance } from "../budgets/allowance.js";
import { budgetUser } from "../budgets/budget-user.js";

/**
 * How many events servers may cause on their own in a minute: that of one session, and those of all sessions of a user.
 * The user's log has room for 256, with those of their own doing.
 */
const [perSession, perUser] = [20, 60];

interface Session {
  storeId: string;
  userId: string;
  sessionId: string;
}

/** How long (ms) until a server may cause another event; 0 if it may now. What waits is told together. */
export function announcementWait(session: Session): number {
  const { user, one } = namesOf(session);
  const allowance = Allowance.of("announcements");
  return Math.max(allowance.wait(user), allowance.wait(one));
}

/** Counts events that a server has caused. */
export function spendAnnouncements(session: Session, count: number): void {
  const { user, one } = namesOf(session);
  const allowance = Allowance.of("announcements");
  allowance.spend(user, count, perUser);
  allowance.spend(one, count, perSession);
}

function namesOf({ storeId, userId, sessionId }: Session) {
  return { user: budgetUser(storeId, userId), one: JSON.stringify([storeId, userId, sessionId]) };
}
