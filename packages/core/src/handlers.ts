import type { Mcp } from "./mcp.js";
import { sameMcps } from "./open-mcps.js";
import { processWide } from "./process-wide.js";

/** The apps whose pages this process serves, by the object that `createMcp` returned. */
const served = () => processWide("handlers", 1, () => new WeakSet<Mcp>());

/** From now on this process serves the app's pages. */
export function rememberHandler(mcp: Mcp): void {
  served().add(mcp);
}

/** Whether this process serves the app's pages, even if another bundle does. */
export const hasHandler = (mcp: Mcp): boolean => sameMcps(mcp).some((each) => served().has(each));
