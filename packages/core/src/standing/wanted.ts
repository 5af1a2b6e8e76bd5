import type { Handshake } from "../server/kept-handshake.js";
import type { Wanted } from "../server/standing.js";

type Capabilities = Readonly<Record<string, { listChanged?: unknown; subscribe?: unknown } | undefined>>;

/** What a server can tell on its own, of what somebody wants to know. Undefined if that is nothing. */
export function wantedOf(handshake: Handshake, followed: readonly string[]): Wanted | undefined {
  const { capabilities } = handshake.era === "modern" ? handshake.discover : handshake.initialize;
  // Of the legacy era, only the outer object has been checked.
  const offered = capabilities as Capabilities;
  const tells = (what: string) => offered[what]?.listChanged === true;
  const wanted: Wanted = {
    ...(tells("tools") ? { toolsListChanged: true } : {}),
    ...(tells("resources") ? { resourcesListChanged: true } : {}),
    ...(tells("prompts") ? { promptsListChanged: true } : {}),
    ...(tellsOfResources(handshake) && followed.length > 0 ? { resourceSubscriptions: [...followed] } : {}),
  };
  return Object.keys(wanted).length > 0 ? wanted : undefined;
}

/** Whether a server tells of changes of single resources. */
export function tellsOfResources(handshake: Handshake): boolean {
  const { capabilities } = handshake.era === "modern" ? handshake.discover : handshake.initialize;
  return (capabilities as Capabilities).resources?.subscribe === true;
}
