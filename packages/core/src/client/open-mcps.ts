import { isDeepStrictEqual } from "node:util";
import type { ConnectDeps } from "../connection/connect.js";
import { ConfigurationError } from "../errors.js";
import { processWide } from "../process-wide.js";

interface OpenMcp {
  /** Throws a `ConfigurationError` for a missing option. */
  parts: () => ConnectDeps;
  storage: unknown;
  baseUrl: string | undefined;
}

/** Increase this with every change of the parts that the code of an earlier version would not understand. */
const shape = 1;

/** Every app made in this process, by the object that `createMcp` returned, and those that are open, oldest first. */
const mcps = () =>
  processWide("mcps", shape, () => ({ made: new WeakMap<object, OpenMcp>(), open: new Map<object, OpenMcp>() }));

export function rememberMcp(mcp: object, opened: OpenMcp): void {
  mcps().made.set(mcp, opened);
  mcps().open.set(mcp, opened);
}

/** From now on the mcp is used only where it is passed explicitly. */
export function forgetMcp(mcp: object): void {
  mcps().open.delete(mcp);
}

/**
 * The parts of the given `mcp` or, without one, of the only one that is open in this process, even if another bundle
 * made it. Bundles that evaluate the same `createMcp` call several times open equal ones, which count as one. Throws a
 * {@link ConfigurationError}.
 */
export function partsOf(mcp: unknown): ConnectDeps {
  if (mcp !== undefined) {
    const given = typeof mcp === "object" && mcp !== null ? mcps().made.get(mcp) : undefined;
    if (given) return given.parts();
    throw wrong(
      "`mcp` was not returned by createMcp",
      "Pass the object that createMcp({ … }) returned, and import both from the same version of this package.",
    );
  }
  const open = [...mcps().open.values()];
  const newest = open.at(-1);
  if (!newest) {
    throw wrong(
      "This process has no open createMcp",
      "Call createMcp({ … }) first, or pass what it returned: new MCPClient({ userId, sessionId, mcp }).",
    );
  }
  if (open.every((other) => isAlike(other, newest))) return newest.parts();
  throw wrong(
    "This process has more than one open createMcp",
    "Pass the one to use: new MCPClient({ userId, sessionId, mcp }).",
  );
}

const isAlike = (one: OpenMcp, other: OpenMcp) =>
  one.baseUrl === other.baseUrl && isSameStorage(one.storage, other.storage);

/** A host's own Redis connection equals only itself; plain options are compared by value. */
function isSameStorage(one: unknown, other: unknown): boolean {
  return one === other || (isPlain(one) && isPlain(other) && isDeepStrictEqual(one, other));
}

const isPlain = (value: unknown) =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const wrong = (what: string, hint: string) => new ConfigurationError(`MCPClient: ${what}`, hint);
