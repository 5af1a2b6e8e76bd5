import { expect, test } from "vitest";
import { connectedToLegacy, refuse } from "./legacy-server.js";

type Behaviour = Parameters<typeof connectedToLegacy>[0];

test.each<[string, Behaviour]>([
  [
    "refuses the notification after it",
    { notified: (message, response) => refuse({ status: 500 }, message, response) },
  ],
  ["names a version that does not exist", { initialize: { protocolVersion: "1999-01-01" } }],
  ["sends no valid result", { initialize: { serverInfo: 1 } }],
  ["sends instructions that are too long", { initialize: { instructions: "x".repeat(70_000) } }],
])("the session of a handshake that fails is ended, if the server %s", async (_what, behaviour) => {
  const { state, user, sessionId, open } = await connectedToLegacy({ session: "a", ...behaviour });
  expect(state).toBe("FAILED");
  expect(open()).toEqual([]);
  await expect(user.callTool(sessionId, "one")).rejects.toMatchObject({ code: "NOT_CONNECTED" });
  expect(open()).toEqual([]);
});
