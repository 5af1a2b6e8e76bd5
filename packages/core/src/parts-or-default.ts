import { defaultMcp } from "./default-mcp.js";
import type { UserDeps } from "./for-user.js";
import { partsOf } from "./open-mcps.js";

/**
 * The parts of the given app or, without one, of {@link defaultMcp}, which is looked up at each call. Throws a
 * `ConfigurationError` at once for an `mcp` that `createMcp` did not return.
 */
export function partsOrDefault(mcp: unknown): () => UserDeps {
  return mcp === undefined ? () => partsOf(defaultMcp())() : partsOf(mcp);
}
