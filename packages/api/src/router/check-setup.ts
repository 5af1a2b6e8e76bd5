import { ConfigurationError, type Mcp } from "@mcp-assistant/core";

/** What of an `Mcp` a handler or router uses as soon as it is made. Others of its members throw until it is configured. */
const used = { forUser: "function", report: "function", basePath: "string", trustProxy: "number" } as const;

/**
 * Throws a {@link ConfigurationError} for an `mcp` that this version cannot use, and without a `userId` function: both
 * would otherwise fail at every request.
 */
export function checkSetup(caller: string, { mcp, userId }: { mcp: unknown; userId: unknown }): void {
  const given = Object(mcp) as Partial<Record<keyof Mcp, unknown>>;
  const lacks = Object.entries(used).some(([name, type]) => typeof given[name as keyof typeof used] !== type);
  if (lacks) {
    throw new ConfigurationError(
      `${caller}: "mcp" was not returned by this version's createMcp`,
      'Pass what createMcp({ … }) returned. If you do, two versions are installed: "npm ls @mcp-assistant/mcp-redis" lists them.',
    );
  }
  if (typeof userId === "function") return;
  throw new ConfigurationError(
    `${caller}: "userId" is ${userId === undefined ? "missing" : "not a function"}`,
    "Add a function that returns the id of the signed-in user, or null. A fixed id would give all visitors the same connections.",
  );
}
