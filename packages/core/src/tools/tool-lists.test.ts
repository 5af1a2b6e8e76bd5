import { expect, test } from "vitest";
import { MemoryDriver } from "../storage/memory/driver.js";
import { ToolLists } from "./tool-lists.js";

const tool = (name: string) => ({ name, inputSchema: { type: "object" } });

test("a new list reports how it differs from the previous one, and can be read by its hash", async () => {
  const lists = new ToolLists(new MemoryDriver(), 60);
  const first = await lists.discover([tool("add"), tool("search")], undefined);
  expect(first).toEqual({ hash: expect.any(String), count: 2, added: ["add", "search"], removed: [] });
  const second = await lists.discover([tool("search"), tool("delete")], first.hash);
  expect(second).toMatchObject({ count: 2, added: ["delete"], removed: ["add"] });
  expect(await lists.get(second.hash)).toEqual([tool("search"), tool("delete")]);
  expect(await lists.discover([tool("search"), tool("delete")], second.hash)).toEqual({
    ...second,
    added: [],
    removed: [],
  });
});

test("all tools are reported as added when the previous list has expired", async () => {
  const lists = new ToolLists(new MemoryDriver(), 60);
  expect(await lists.discover([tool("add")], "0".repeat(64))).toMatchObject({ added: ["add"], removed: [] });
});
