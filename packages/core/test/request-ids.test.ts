import { expect, test } from "vitest";
import { connectedToLegacy } from "./legacy-server.js";

test.each<[string, (id: number) => number]>([
  ["32 bits", (id) => id >>> 0],
  ["32 bits with a sign", (id) => id | 0],
])("a server with transport sessions may keep %s of a request's ID", async (_what, idOf) => {
  const { call, takeMessages } = await connectedToLegacy({ session: "a", idOf });
  for (const _call of [1, 2, 3]) expect(await call()).toMatchObject({ content: [{ text: "one" }] });
  expect(takeMessages()).toHaveLength(3);
});
