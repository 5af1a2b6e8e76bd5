import { readFileSync } from "node:fs";
import { basename } from "node:path";

const intervalMs = 1_000;

function read(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name is in parentheses and may contain anything. The numbers begin after the last parenthesis.
    const parent = Number(status.slice(status.lastIndexOf(")") + 2).split(" ")[1]);
    return { pid, parent, command: readFileSync(`/proc/${pid}/cmdline`, "utf8").split(/[\0 ]/) };
  } catch {
    return undefined;
  }
}

const managers = /^(?:npm|npx|pnpm|pnpx|corepack)\b/;
const shells = /^(?:sh|dash|bash)$/;

function isPackageManager({ command }) {
  const [program = "", script = ""] = command;
  return managers.test(basename(program)) || (basename(program) === "node" && managers.test(basename(script)));
}

/**
 * The pids from our parent up to the topmost package manager that runs us, e.g. `sh`, `pnpm`, `sh`, `npx`. A shell is
 * included only below or between package managers. The shell of a terminal or a script is not watched.
 */
export function packageManagerParents(first = process.ppid, lookUp = read) {
  const seen = [];
  let count = 0;
  for (let found = lookUp(first); found; found = lookUp(found.parent)) {
    seen.push(found.pid);
    if (isPackageManager(found)) count = seen.length;
    else if (!shells.test(basename(found.command[0] ?? ""))) break;
    else if (seen.length - count > 1) break;
  }
  return seen.slice(0, count);
}

/**
 * Calls back when one of them has ended. A signal to `npx` ends only `npx` itself, so the server would keep running
 * after the prompt has come back. Without /proc, only the parent is watched.
 */
export function onPackageManagerGone(callback) {
  const parent = process.ppid;
  const before = packageManagerParents().join();
  const timer = setInterval(() => {
    if (process.ppid === parent && packageManagerParents().join() === before) return;
    clearInterval(timer);
    callback();
  }, intervalMs);
  timer.unref();
}
