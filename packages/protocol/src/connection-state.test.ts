import { expect, test } from "vitest";
import { canMove, connectionStateSchema, isTransitional } from "./connection-state.js";

const states = connectionStateSchema.options;

test("every state may stay as it is, disconnect, fail or be signed in", () => {
  for (const state of states) {
    for (const to of [state, "DISCONNECTED", "FAILED", "AUTHENTICATED"] as const) expect(canMove(state, to)).toBe(true);
  }
});

test("the other legal moves are exactly these", () => {
  const legal = states.flatMap((from) =>
    states
      .filter((to) => from !== to && !["DISCONNECTED", "FAILED", "AUTHENTICATED"].includes(to) && canMove(from, to))
      .map((to) => `${from} > ${to}`),
  );
  expect(legal.sort()).toEqual(
    [
      "DISCONNECTED > CONNECTING",
      "DISCONNECTED > RECONNECTING",
      "DISCONNECTED > AUTHENTICATING",
      "FAILED > CONNECTING",
      "FAILED > RECONNECTING",
      "FAILED > AUTHENTICATING",
      "CONNECTING > AUTHENTICATING",
      "CONNECTING > DISCOVERING",
      "RECONNECTING > AUTHENTICATING",
      "RECONNECTING > DISCOVERING",
      "RECONNECTING > CONNECTED",
      "DISCOVERING > AUTHENTICATING",
      "DISCOVERING > CONNECTED",
      "AUTHENTICATED > DISCOVERING",
      "CONNECTED > VALIDATING",
      "CONNECTED > RECONNECTING",
      "VALIDATING > CONNECTED",
      "VALIDATING > RECONNECTING",
    ].sort(),
  );
});

test("only DISCONNECTED, CONNECTED and FAILED are resting states", () => {
  expect(states.filter((state) => !isTransitional(state))).toEqual(["DISCONNECTED", "CONNECTED", "FAILED"]);
});
