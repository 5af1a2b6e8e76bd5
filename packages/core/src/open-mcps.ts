import { isDeepStrictEqual } from "node:util";
import { ConfigurationError } from "./errors.js";
import type { UserDeps } from "./for-user.js";
import type { Mcp } from "./mcp.js";
import { processWide } from "./process-wide.js";

interface OpenMcp {
  /** Throws a `ConfigurationError` for a missing option. */
  parts: () => UserDeps;
  /** What two apps must have in common to count as one: every option but the logger, by name. */
  options: () => Readonly<Record<string, unknown>>;
}

/** Increase this with every change of the parts that the code of an earlier version would not understand. */
const shape = 5;

/** Every app made in this process, by the object that `createMcp` returned, and those that are open, oldest first. */
const mcps = () =>
  processWide("mcps", shape, () => ({ made: new WeakMap<object, OpenMcp>(), open: new Map<Mcp, OpenMcp>() }));

export function rememberMcp(mcp: Mcp, opened: OpenMcp): void {
  mcps().made.set(mcp, opened);
  mcps().open.set(mcp, opened);
}

/** From now on the mcp is used only where it is passed explicitly. */
export function forgetMcp(mcp: Mcp): void {
  mcps().open.delete(mcp);
}

/** The parts of an app, even if another bundle made it. Throws a {@link ConfigurationError} for anything else. */
export function partsOf(mcp: unknown): () => UserDeps {
  const given = typeof mcp === "object" && mcp !== null ? mcps().made.get(mcp) : undefined;
  if (given) return given.parts;
  throw new ConfigurationError(
    "`mcp` was not returned by createMcp",
    "Pass the object that createMcp({ … }) returned, and import both from the same version of this package.",
  );
}

/**
 * The only app that is open in this process, even if another bundle made it; undefined if there is none. Bundles that
 * evaluate the same `createMcp` call several times open equal ones, which count as one. Throws a
 * {@link ConfigurationError} if there are several.
 */
export function onlyOpenMcp(): Mcp | undefined {
  const open = [...mcps().open];
  const [newest] = open.at(-1) ?? [];
  const [first, ...others] = open.length > 1 ? open.map(([, { options }]) => options()) : [];
  const differing = Object.entries(first ?? {}).find(([name, value]) =>
    others.some((other) => !isSame(value, other[name])),
  );
  if (!differing) return newest;
  throw new ConfigurationError(
    `This process has more than one open createMcp, with a different "${differing[0]}"`,
    "Pass the one to use, such as new MCPClient({ userId, sessionId, mcp }), or use mcp.forUser(userId).",
  );
}

/** The app and the open ones that count as the same, because another bundle evaluated its `createMcp`. */
export function sameMcps(mcp: Mcp): Mcp[] {
  const own = Object.entries(mcps().made.get(mcp)?.options() ?? {});
  const isEqual = (others: Readonly<Record<string, unknown>>) =>
    own.every(([name, value]) => isSame(value, others[name]));
  return [mcp, ...[...mcps().open].flatMap(([other, { options }]) => (isEqual(options()) ? [other] : []))];
}

/** A host's own Redis connection and a driver equal only themselves; plain values are compared by content. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || (isPlain(one) && isPlain(other) && isDeepStrictEqual(one, other));
}

const isPlain = (value: unknown) =>
  Array.isArray(value) ||
  (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype);
