import { expect, test } from "vitest";
import { deliverUnderFire, type EventsSizes, type OpenReader, overrunTheLog } from "./events-under-fire.js";

interface ScenarioSizes {
  delivery: EventsSizes;
  overrun: Pick<EventsSizes, "users" | "eventsPerUser">;
}

/**
 * A browser reconnects after about a second, and its user's log keeps 256 events. This window makes sure that none is
 * dropped before it was read, even on a slow machine. The pace leaves a two-core machine some time for other work.
 */
const pace = { window: 64, seed: 1 };

export const shortForm: ScenarioSizes = {
  delivery: { ...pace, users: 40, perSecond: 16, eventsPerUser: 50, cuts: 10, subscriberCuts: 1, timeLimit: 30_000 },
  overrun: { users: 4, eventsPerUser: 700 },
};

export const mediumForm: ScenarioSizes = {
  delivery: { ...pace, users: 100, perSecond: 16, eventsPerUser: 100, cuts: 50, subscriberCuts: 2, timeLimit: 30_000 },
  overrun: { users: 20, eventsPerUser: 700 },
};

export const longForm: ScenarioSizes = {
  delivery: {
    ...pace,
    users: 200,
    perSecond: 5,
    eventsPerUser: 500,
    cuts: 500,
    subscriberCuts: 10,
    timeLimit: 240_000,
  },
  overrun: { users: 200, eventsPerUser: 700 },
};

/** What every client that follows a user's events must guarantee, however often its connection is cut. */
export function eventScenarios(client: string, openReader: OpenReader, { delivery, overrun }: ScenarioSizes): void {
  const events = delivery.users * delivery.eventsPerUser;

  test(
    `none of ${events} events to ${client} is lost, repeated or out of order while ${delivery.cuts} connections are cut`,
    async () => {
      const outcome = await deliverUnderFire(openReader, delivery);
      console.log(`events to ${client}:`, JSON.stringify(outcome));
      expect(outcome).toMatchObject({ events, lost: 0, again: 0, resets: 0, behind: [] });
      expect(outcome).toMatchObject({ cuts: delivery.cuts, subscriberCuts: delivery.subscriberCuts });
      // A reader that is cut again before it has reconnected counts once.
      expect(outcome.reconnects).toBeGreaterThanOrEqual(delivery.cuts * 0.8);
    },
    delivery.timeLimit + 60_000,
  );

  test(`${client} that was away for longer than the log reaches back gets one snapshot with the exact state`, async () => {
    const readers = await overrunTheLog(openReader, overrun);
    expect(readers).toHaveLength(overrun.users);
    for (const { resets, received, connections, listed } of readers) {
      expect({ resets, received, connections }).toEqual({ resets: 2, received: 0, connections: listed });
      expect(listed).toMatchObject([{ state: "CONNECTED" }]);
    }
  }, 120_000);
}
