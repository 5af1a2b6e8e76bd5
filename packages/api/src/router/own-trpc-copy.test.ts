import { createRequire } from "node:module";
import { type ConfigurationError, createMcp } from "@mcp-assistant/core";
import { isMcpSessionError } from "@mcp-assistant/protocol";
import { initTRPC, TRPCError } from "@trpc/server";
import { initTRPC as initOtherVersion } from "trpc-server-other";
import { expect, test, vi } from "vitest";
import { createMcpRouter } from "../index.js";

const mcp = createMcp({ storage: "memory", baseUrl: "http://127.0.0.1:3000" });
const userId = () => "ada";

function refusalOf(create: () => unknown): unknown {
  try {
    return create();
  } catch (error) {
    return isMcpSessionError(error) ? error : undefined;
  }
}

const refused: Partial<ConfigurationError> = {
  code: "CONFIGURATION_INVALID",
  message: expect.stringContaining("a different copy of @trpc/server"),
  hint: expect.stringContaining("npm ls @trpc/server"),
};

test("a procedure of another version of tRPC is refused when the router is made", () => {
  const { procedure } = initOtherVersion.create();
  // @ts-expect-error: the types of two versions do not fit either
  expect(refusalOf(() => createMcpRouter({ mcp, procedure, userId }))).toMatchObject(refused);
});

test("a second copy of the same version, as require() loads beside import, is refused, too", () => {
  const second: typeof import("@trpc/server") = createRequire(import.meta.url)("@trpc/server");
  expect(second.initTRPC).not.toBe(initTRPC);
  const { procedure } = second.initTRPC.create();
  expect(refusalOf(() => createMcpRouter({ mcp, procedure, userId }))).toMatchObject(refused);
});

test("every procedure of our own copy is accepted, and the check runs none of the host's code", async () => {
  const run = vi.fn();
  const t = initTRPC
    .context<{ user?: string }>()
    .meta<{ open: boolean }>()
    .create({ defaultMeta: { open: false }, errorFormatter: ({ shape }) => ({ ...shape, run: run() }) });
  const hosts = [
    t.procedure,
    t.procedure.use(({ ctx, next }) => next({ ctx: { user: run(ctx) } })),
    t.procedure.meta({ open: true }).use(() => {
      run();
      throw new TRPCError({ code: "UNAUTHORIZED" });
    }),
    t.procedure.use(async ({ next }) => {
      const result = await next();
      run(result.ok);
      return result;
    }),
  ];
  for (const procedure of hosts) {
    const { connections } = createMcpRouter({ mcp, procedure, userId });
    expect(connections.list._def.type).toBe("query");
  }
  const procedure = t.procedure.experimental_caller(async () => run());
  // @ts-expect-error: a procedure that is called as a function cannot be part of a router
  expect(refusalOf(() => createMcpRouter({ mcp, procedure, userId }))).toHaveProperty("connections");
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(run).not.toHaveBeenCalled();
});

test("the host's procedure is left unchanged, and its middleware still runs on every call", async () => {
  const run = vi.fn();
  const t = initTRPC.create();
  const procedure = t.procedure.use(({ next }) => {
    run();
    return next();
  });
  const before = [...procedure._def.middlewares];
  const router = t.router({ mcp: createMcpRouter({ mcp, procedure, userId }) });
  expect(procedure._def.middlewares).toEqual(before);
  expect(await t.createCallerFactory(router)({}).mcp.connections.list()).toEqual([]);
  expect(run).toHaveBeenCalledOnce();
});
