import { ConfigurationError, type Mcp } from "@mcp-assistant/core";

/** What of an `Mcp` a handler or router uses as soon as it is made. Others of its members throw until it is configured. */
const used = { forUser: "function", report: "function", basePath: "string", trustProxy: "number" } as const;

/**
 * Throws a {@link ConfigurationError} for an `mcp` that this version cannot use, and without a `userId` function: both
 * would otherwise fail at every request.
 */
export function checkSetup(caller: string, { mcp, userId }: { mcp: unknown; userId: unknown }): void {
  checkMcp(caller, mcp);
  if (typeof userId === "function") return;
  throw new ConfigurationError(
    `${caller}: "userId" is ${userId === undefined ? "missing" : "not a function"}`,
    "Add a function that returns the id of the signed-in user, or null. A fixed id would give all visitors the same connections.",
  );
}

/** Throws a {@link ConfigurationError} for an `mcp` that this version's `createMcp` has not returned. */
export function checkMcp(caller: string, mcp: unknown): asserts mcp is Mcp {
  const given = Object(mcp) as Partial<Record<keyof Mcp | "then", unknown>>;
  if (Object.entries(used).every(([name, type]) => typeof given[name as keyof typeof used] === type)) return;
  if (typeof given.then === "function") {
    throw new ConfigurationError(`${caller}: "mcp" is a promise`, "Wait for it: mcp: await …");
  }
  throw new ConfigurationError(
    `${caller}: "mcp" was not returned by this version's createMcp`,
    'Pass what createMcp({ … }) returned. If you do, two versions are installed: "npm ls @mcp-assistant/mcp-redis" lists them.',
  );
}
