import { type ChildProcess, execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { MCPClientOptions } from "../src/index.js";

const worker = fileURLToPath(new URL("./default-app-worker.mjs", import.meta.url));

/** What a process of the app does with its client, and with what. */
interface Deed {
  environment: Readonly<Record<string, string | undefined>>;
  options: MCPClientOptions;
  action: "only make it" | "connect" | "connect and call" | "call" | "finishAuth" | "list";
  argument?: string;
}

interface Done {
  result?: unknown;
  error?: { code: string; message: string; hint: string; authUrl?: string };
  redirects: string[];
  sessionId: string;
}

/** Runs a process that has nothing of ours in its environment but what is given. */
export function inAnotherProcess({ environment, options, action, argument }: Deed): Promise<Done> & {
  process: ChildProcess;
} {
  const env = {
    PATH: process.env.PATH,
    OPTIONS: JSON.stringify(options),
    ACTION: action,
    ARGUMENT: argument,
    ...environment,
  };
  let child: ChildProcess | undefined;
  const done = new Promise<Done>((resolve, reject) => {
    child = execFile(process.execPath, [worker], { env, timeout: 60_000 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stderr}`)) : resolve(JSON.parse(stdout)),
    );
  });
  if (!child) throw new Error("The process was not started");
  return Object.assign(done, { process: child });
}
