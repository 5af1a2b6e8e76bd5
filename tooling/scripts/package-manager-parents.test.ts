import { expect, test } from "vitest";
import { packageManagerParents } from "./package-manager-parents.mjs";

/** Runs the search with these ancestors, nearest first. Their pids count from 1. */
function parentsOf(...commands: string[]): number[] {
  const lookUp = (pid: number) => {
    const command = commands[pid - 1];
    return command === undefined ? undefined : { pid, parent: pid + 1, command: command.split(" ") };
  };
  return packageManagerParents(1, lookUp);
}

test("npx and its shells are watched, but not the shell that it was typed into", () => {
  const parents = parentsOf(
    "sh -c node start.mjs",
    "/cache/pnpm start",
    "sh -c pnpm start",
    "npm exec pnpm start",
    "bash",
  );
  expect(parents).toEqual([1, 2, 3, 4]);
});

test("a script that starts it in the background is not watched", () => {
  expect(parentsOf("pnpm start", "bash run.sh", "systemd")).toEqual([1]);
  expect(parentsOf("bash -c npx -y pnpm start", "sshd")).toEqual([]);
});

test("a package manager that runs as a Node script is watched", () => {
  expect(parentsOf("sh -c node start.mjs", "node /usr/lib/node_modules/npm/bin/npm-cli.js run start", "bash")).toEqual([
    1, 2,
  ]);
});

test("other programs end the search", () => {
  expect(parentsOf("node vitest.mjs run", "pnpm test")).toEqual([]);
  expect(parentsOf()).toEqual([]);
});
