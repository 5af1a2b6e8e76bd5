import { hasHandler, type Mcp } from "@mcp-assistant/core";

/** What each app's operator has been told. */
const warnings = new WeakMap<Mcp, Set<string>>();

/**
 * Warns once that sign-ins need their pages, unless this process has made a handler for them. A file that is not loaded
 * yet may serve them all the same: frameworks load each route on its own.
 */
export function warnIfAlone(mcp: Mcp): void {
  if (hasHandler(mcp)) return;
  warnOnce(
    mcp,
    `createSSEHandler serves one path, and sign-ins need the pages under ${mcp.basePath}/auth, too. Unless another file ` +
      `serves them, mount createMcpHandler({ mcp, userId }) at ${mcp.basePath}/*`,
  );
}

/** Warns once that the user's id may come from the address, which the sender writes. */
export function warnOfAddress(mcp: Mcp): void {
  warnOnce(
    mcp,
    "The userId of createSSEHandler is also in the address of a request. If you took it from there, anyone can be " +
      "any user: take it from your own authentication, and out of the address",
  );
}

function warnOnce(mcp: Mcp, message: string): void {
  const told = warnings.get(mcp) ?? new Set();
  warnings.set(mcp, told);
  if (told.has(message)) return;
  told.add(message);
  mcp.warn(message);
}
