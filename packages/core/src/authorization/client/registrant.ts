import type { Rates } from "../../rates/rates.js";

/** A user who needs a client, and what it costs them. */
export interface Registrant {
  userId: string;
  /** Counts a registration. Throws if this user has had too many. */
  take: () => Promise<void>;
  /** Undoes that, if no client was made. Never fails. */
  giveBack: () => Promise<void>;
}

export const registrantOf = (rates: Pick<Rates, "take" | "giveBack">, userId: string): Registrant => ({
  userId,
  take: () => rates.take(userId, "registrations"),
  giveBack: () => rates.giveBack(userId, "registrations"),
});

/** Makes a registration count for a user, unless it fails. */
export async function counted<T>(registrant: Registrant | undefined, request: () => Promise<T>): Promise<T> {
  await registrant?.take();
  try {
    return await request();
  } catch (error) {
    await registrant?.giveBack();
    throw error;
  }
}
