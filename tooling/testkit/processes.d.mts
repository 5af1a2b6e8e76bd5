import type { Readable } from "node:stream";

interface Command {
  command: string;
  args?: string[];
  cwd?: string;
  /** Changes to our own environment; `undefined` removes a variable. */
  env?: Record<string, string | undefined>;
}

interface RunningProcess {
  /** The command's own pid, not that of the shell that watches it. */
  pid: number;
  /** Resolves with the exit code; 128 + n after signal n. */
  exited: Promise<number>;
  /** Sends TERM, and after 5 s KILL to its whole group. Resolves with the exit code once it is gone. */
  stop(): Promise<number>;
  /** Sends KILL, which gives it no chance to clean up. Resolves once it is gone. */
  kill9(): Promise<void>;
}

export interface LifelineProcess extends RunningProcess {
  stdout: Readable | null;
  stderr: Readable | null;
}

/** Starts a command in its own process group. It ends when we end, even by `kill -9`. */
export function spawnWithLifeline(
  options: Command & { stdout?: "pipe" | "inherit" | number; stderr?: "pipe" | "inherit" | number },
): Promise<LifelineProcess>;

export interface StartedProcess extends RunningProcess {
  /** The line that reported it as ready; empty without `readyLine`. */
  line: string;
  /** Its output so far, stdout and stderr interleaved by line. */
  output(): string;
}

/**
 * Starts a command like `spawnWithLifeline` and resolves with the first line on stdout that matches `readyLine`;
 * without one, immediately. Rejects with the output if the command ends first or is not ready within `readyTimeoutMs`
 * (30 000).
 */
export function startProcess(
  options: Command & { readyLine?: RegExp | ((line: string) => boolean); readyTimeoutMs?: number },
): Promise<StartedProcess>;
