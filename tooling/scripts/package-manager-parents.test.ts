import { expect, test } from "vitest";
import { packageManagerParents } from "./package-manager-parents.mjs";

/** Our ancestors by command, the nearest first; pids count from 1. */
function parentsOf(...commands: string[]): number[] {
  const lookUp = (pid: number) => {
    const command = commands[pid - 1];
    return command === undefined ? undefined : { pid, parent: pid + 1, command: command.split(" ") };
  };
  return packageManagerParents(1, lookUp);
}

test("npx with its shells is ours to watch; the shell it was typed into is not", () => {
  const parents = parentsOf(
    "sh -c node start.mjs",
    "/cache/pnpm start",
    "sh -c pnpm start",
    "npm exec pnpm start",
    "bash",
  );
  expect(parents).toEqual([1, 2, 3, 4]);
});

test("a script that starts it in the background may end before it", () => {
  expect(parentsOf("pnpm start", "bash run.sh", "systemd")).toEqual([1]);
  expect(parentsOf("bash -c npx -y pnpm start", "sshd")).toEqual([]);
});

test("a package manager that is a script of Node counts", () => {
  expect(parentsOf("sh -c node start.mjs", "node /usr/lib/node_modules/npm/bin/npm-cli.js run start", "bash")).toEqual([
    1, 2,
  ]);
});

test("other programs end the search", () => {
  expect(parentsOf("node vitest.mjs run", "pnpm test")).toEqual([]);
  expect(parentsOf()).toEqual([]);
});
