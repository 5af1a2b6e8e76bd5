import { expect, test } from "vitest";
import { calledHostileMcp, expectHarmless } from "../../test/hostile-mcp-app.js";
import { checkArguments } from "./tool-arguments.js";

function nested(depth: number, form: "lists" | "objects"): Record<string, unknown> {
  let inner: unknown = form === "lists" ? [] : {};
  for (let level = 2; level < depth; level += 1) inner = form === "lists" ? [inner] : { inner };
  return { inner };
}

const tooDeep = {
  code: "INVALID_INPUT",
  message: "arguments: Objects and lists are nested more than 64 levels deep",
  retryable: false,
};

test.each(["lists", "objects"] as const)("arguments of nested %s may be as deep as an answer", (form) => {
  expect(() => checkArguments(nested(64, form), 64)).not.toThrow();
  expect(() => checkArguments(nested(65, form), 64)).toThrow(expect.objectContaining(tooDeep));
  expect(() => checkArguments(nested(1_000_000, form), 64)).toThrow(expect.objectContaining(tooDeep));
});

test("checking circular arguments, or ones with the same object twice at every level, takes no time", () => {
  const own: Record<string, unknown> = {};
  own.own = own;
  expect(() => checkArguments(own, 64)).toThrow(expect.objectContaining(tooDeep));
  let twice: Record<string, unknown> = {};
  for (let level = 1; level < 64; level += 1) twice = { left: twice, right: twice };
  expect(() => checkArguments(twice, 64)).not.toThrow();
});

test("a call with arguments that are too deep fails as the caller's mistake and never reaches the server", async () => {
  for (const era of ["legacy", "modern"] as const) {
    const app = await calledHostileMcp({}, { era });
    for (const depth of [65, 6_000, 100_000]) {
      await expect(app.client.callTool("whoami", nested(depth, "lists"))).rejects.toMatchObject(tooDeep);
    }
    expect(app.server.requests()).toEqual([]);
    expect(await app.client.callTool("whoami", nested(64, "objects"))).toMatchObject({ content: [{ type: "text" }] });
    await expectHarmless(app);
  }
});
