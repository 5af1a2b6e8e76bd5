import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";

const root = fileURLToPath(new URL("..", import.meta.url));
const running: ChildProcessWithoutNullStreams[] = [];
const readySchema = z.strictObject({ name: z.string(), url: z.string(), hosts: z.array(z.string()) });

// The program is run as people run it, so what is built must be what is tested.
beforeAll(() => {
  execFileSync("node_modules/.bin/tsc", ["-p", "tsconfig.build.json"], { cwd: root });
}, 60_000);

afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

function run(...args: string[]) {
  const child = spawn(process.execPath, ["dist/main.js", ...args], { cwd: root });
  running.push(child);
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output.stderr += chunk;
  });
  return { child, output, closed: once(child, "close") };
}

async function runUntilReady(...args: string[]) {
  const program = run(...args);
  await once(program.child.stdout, "data");
  return { ...program, ready: readySchema.parse(JSON.parse(program.output.stdout)) };
}

test.each(["oauth", "modern"])("%s says in one line where it listens, and nothing else", async (name) => {
  const { child, output, ready, closed } = await runUntilReady(name);
  await fetch(ready.url, { method: "POST" });
  if (name === "oauth") await fetch(`http://${ready.hosts[1]}/.well-known/oauth-authorization-server`);
  child.kill("SIGTERM");
  const [code] = await closed;

  expect(ready).toMatchObject({ name, url: `http://${ready.hosts[0]}/mcp` });
  expect(output.stdout.trimEnd().split("\n")).toHaveLength(1);
  expect(output.stderr).toBe("");
  expect(code).toBe(0);
});

test("a taken port ends it with one line and the exit code 1", async () => {
  const { ready } = await runUntilReady("modern");
  const port = new URL(ready.url).port;

  for (const options of [
    ["modern", "--port", port],
    ["oauth", "--authorization-server-port", port],
  ]) {
    const { output, closed } = run(...options);
    expect(await closed).toEqual([1, null]);
    expect(output.stdout).toBe("");
    expect(output.stderr).toMatch(new RegExp(`^Port ${port} is already in use[^\n]*\n$`));
  }
});

test("arguments it does not know end it with the usage and the exit code 2", async () => {
  const { output, closed } = run("modern", "--verbose");

  expect(await closed).toEqual([2, null]);
  expect(output.stderr).toContain("Usage:");
  expect(output.stdout).toBe("");
});

test("an interrupt ends it although a client holds a connection open", async () => {
  const { child, ready, closed } = await runUntilReady("oauth");
  await (await fetch(ready.url)).text();
  const asked = Date.now();
  child.kill("SIGINT");

  expect(await closed).toEqual([0, null]);
  expect(Date.now() - asked).toBeLessThan(2_000);
});

test("--exit-with-parent ends it when its standard input closes", async () => {
  const { child, closed } = await runUntilReady("modern", "--exit-with-parent");
  child.stdin.end();

  expect(await closed).toEqual([0, null]);
});

test("the request log is served only when asked for", async () => {
  const silent = await runUntilReady("modern");
  const recording = await runUntilReady("modern", "--record-requests");

  expect((await fetch(new URL("/__requests", silent.ready.url))).status).toBe(404);
  expect(await (await fetch(new URL("/__requests", recording.ready.url))).json()).toEqual([]);
});
