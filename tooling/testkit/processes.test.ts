import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startProcess } from "./processes.mjs";

const node = (script: string) => ({ command: process.execPath, args: ["-e", script] });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function goneWithin(pid: number, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) if (!isAlive(pid)) return true;
  return false;
}

const waits = "setInterval(() => {}, 1000);";

test("a process is ready when it prints its ready line, and its output is collected", async () => {
  const started = await startProcess({
    ...node(`console.log("starting"); console.error("a warning"); console.log("ready on 7"); ${waits}`),
    readyLine: /^ready/,
  });
  expect(started.line).toBe("ready on 7");
  await expect.poll(() => started.output()).toContain("a warning");
  expect(started.output()).toContain("starting");
  await started.stop();
  expect(isAlive(started.pid)).toBe(false);
});

test("a process that ends before it is ready rejects with its output and exit code", async () => {
  const start = startProcess({ ...node(`console.error("no licence"); process.exit(3)`), readyLine: /^ready/ });
  await expect(start).rejects.toThrow(/ended with 3 before it was ready:\nno licence/);
});

test("a process that does not become ready is ended", async () => {
  const start = startProcess({
    ...node(`console.log(process.pid); ${waits}`),
    readyLine: /^ready/,
    readyTimeoutMs: 500,
  });
  const error = await start.catch((reason: Error) => reason);
  expect(String(error)).toContain("was not ready in 500 ms");
  const pid = Number(/\n(\d+)\n/.exec(String(error))?.[1]);
  expect(isAlive(pid)).toBe(false);
});

test("stop lets a process clean up, and kill9 does not", async () => {
  const tidy = node(
    `process.on("SIGTERM", () => { console.log("tidied"); process.exit(0); }); console.log("ready"); ${waits}`,
  );
  const stopped = await startProcess({ ...tidy, readyLine: /ready/ });
  expect(await stopped.stop()).toBe(0);
  expect(stopped.output()).toContain("tidied");

  const killed = await startProcess({ ...tidy, readyLine: /ready/ });
  await killed.kill9();
  expect(isAlive(killed.pid)).toBe(false);
  expect(killed.output()).not.toContain("tidied");
});

test("a process ends when its parent ends, even by kill -9", async () => {
  const script = `
    import { startProcess } from ${JSON.stringify(new URL("./processes.mjs", import.meta.url).href)};
    const child = await startProcess({ command: process.execPath, args: ["-e", "console.log('ready'); ${waits}"], readyLine: /ready/ });
    console.log("child " + child.pid);
  `;
  const parent = await startProcess({
    command: process.execPath,
    args: ["--input-type=module", "-e", script],
    readyLine: /^child \d+$/,
  });
  const child = Number(parent.line.slice("child ".length));
  expect(isAlive(child)).toBe(true);
  await parent.kill9();
  expect(await goneWithin(child, 3_000)).toBe(true);
});

test("a variable set to undefined is not in the environment", async () => {
  const started = await startProcess({
    ...node(`console.log("PATH is " + process.env.PATH_TO_NOTHING + ", " + process.env.HOME)`),
    env: { PATH_TO_NOTHING: "here", HOME: undefined },
    readyLine: /^PATH/,
  });
  expect(started.line).toBe("PATH is here, undefined");
  await started.exited;
});
