import type { DiscoveredTools } from "../session/move.js";

/** How many bytes the names of one kind may take in an event. */
const maxNamesBytes = 2_048;

type Changes = Pick<DiscoveredTools, "added" | "removed" | "addedCount" | "removedCount">;

/**
 * What an event says about tools that were added and removed: the first names, and how many there are if these are not
 * all. A page shows a few of them, and the list itself has them all.
 */
export function changesOf(added: readonly string[], removed: readonly string[]): Changes {
  const [come, gone] = [firstOf(added), firstOf(removed)];
  return {
    added: come,
    removed: gone,
    ...(come.length < added.length ? { addedCount: added.length } : {}),
    ...(gone.length < removed.length ? { removedCount: removed.length } : {}),
  };
}

function firstOf(names: readonly string[]): string[] {
  let bytes = 0;
  const end = names.findIndex((name) => {
    bytes += Buffer.byteLength(JSON.stringify(name)) + 1;
    return bytes > maxNamesBytes;
  });
  return names.slice(0, end < 0 ? names.length : end);
}
