import { watch } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** An editor, or a switch of branches, changes several files at once. */
const settleMs = 100;

/**
 * Calls `build` after each change in the folders: once for changes that come together, and never twice at the same time.
 * A change during a build leads to another build. Returns how to stop.
 */
export function watchFolders(folders, build) {
  let isDue = false;
  let isBuilding = false;
  const onChange = async () => {
    isDue = true;
    if (isBuilding) return;
    isBuilding = true;
    while (isDue) {
      await sleep(settleMs);
      isDue = false;
      await build();
    }
    isBuilding = false;
  };
  const watchers = folders.map((folder) => watch(folder, { recursive: true }, onChange));
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}
