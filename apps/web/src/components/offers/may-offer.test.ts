import { expect, test } from "vitest";
import { mayOffer } from "./may-offer";

test("only what a server is known not to offer is left out", () => {
  const known = { capabilities: ["tools", "resources"] };
  expect(mayOffer(known, "resources")).toBe(true);
  expect(mayOffer(known, "resources.subscribe")).toBe(false);
  expect(mayOffer({ capabilities: [] }, "tools")).toBe(false);
  for (const unknown of [{ capabilities: null }, null, undefined]) expect(mayOffer(unknown, "prompts")).toBe(true);
});
