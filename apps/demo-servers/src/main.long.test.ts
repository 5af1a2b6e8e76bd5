import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { HandWrittenClient } from "./oauth/hand-written-client.fixture.js";
import { createNote, searchNotes } from "./oauth/notes-caller.fixture.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const running: ChildProcessWithoutNullStreams[] = [];
const readySchema = z.strictObject({ name: z.string(), url: z.string(), hosts: z.array(z.string()) });

// These tests run the built program, so build the current sources first.
beforeAll(() => {
  execFileSync("node_modules/.bin/tsc", ["-p", "tsconfig.build.json"], { cwd: root });
});

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

test.each(["oauth", "modern"])("%s prints one line that says where it listens, and nothing else", async (name) => {
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

test("a taken port ends it with one line and exit code 1", async () => {
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

test("unknown arguments end it with the usage text and exit code 2", async () => {
  const { output, closed } = run("modern", "--verbose");

  expect(await closed).toEqual([2, null]);
  expect(output.stderr).toContain("Usage:");
  expect(output.stdout).toBe("");
});

test("an interrupt ends it even while a client holds a connection open", async () => {
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

test("the request log is served only with --record-requests", async () => {
  const silent = await runUntilReady("modern");
  const recording = await runUntilReady("modern", "--record-requests");

  expect((await fetch(new URL("/__requests", silent.ready.url))).status).toBe(404);
  expect(await (await fetch(new URL("/__requests", recording.ready.url))).json()).toEqual([]);
});

describe("with --state-file", () => {
  let folder: string;
  let stateFile: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "demo-main-"));
    stateFile = join(folder, "notes.json");
  });

  afterEach(() => rm(folder, { recursive: true, maxRetries: 10 }));

  async function runOauth([port = "0", authorizationServerPort = "0"]: string[] = []) {
    const ports = ["--port", port, "--authorization-server-port", authorizationServerPort];
    const program = await runUntilReady("oauth", ...ports, "--state-file", stateFile);
    const { url, hosts } = program.ready;
    return {
      ...program,
      server: { url, issuer: `http://${hosts[1]}` },
      ports: hosts.map((host) => new URL(`http://${host}`).port),
    };
  }

  test("kill -9 loses at most the last moments", async () => {
    const first = await runOauth();
    const client = await HandWrittenClient.register(first.server);
    const tokens = await client.signIn({ name: "Ada" });
    await createNote(first.server, tokens, "Milk");
    await vi.waitFor(async () => expect(await readFile(stateFile, "utf8")).toContain("Milk"));
    first.child.kill("SIGKILL");
    await first.closed;

    const second = await runOauth(first.ports);
    expect(await searchNotes(second.server, tokens)).toEqual(["Milk"]);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
    expect(await searchNotes(second.server, await client.signIn({ name: "Ada" }))).toEqual(["Milk"]);
    expect(second.output.stderr).toBe("");
  });

  test.each(["SIGTERM", "SIGINT"] as const)("%s loses nothing", async (signal) => {
    const { child, server, closed } = await runOauth();
    const { clientId } = await HandWrittenClient.register(server);
    child.kill(signal);

    expect(await closed).toEqual([0, null]);
    expect(await readFile(stateFile, "utf8")).toContain(clientId);
  });

  test("a broken file is reported in one line on stderr, and the server starts", async () => {
    await writeFile(stateFile, "{");
    const { server, output } = await runOauth();
    await HandWrittenClient.register(server);

    expect(output.stderr).toMatch(/^The state in [^\n]+ cannot be read [^\n]+\n$/);
  });
});
