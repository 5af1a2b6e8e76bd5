import { createServer } from "node:http";
import { freePortRange, isPortFree } from "@mcp-assistant/testkit/ports";
import { startProcess } from "@mcp-assistant/testkit/processes";
import { expect, test } from "vitest";

const script = new URL("./start.mjs", import.meta.url).pathname;
const built = process.env.TEST_IS_BUILT === "1" ? ["--no-build"] : [];

function start(port: number | string, readyLine: RegExp, more: Record<string, string> = {}) {
  const env = { ...more, PORT: String(port), REDIS_URL: "redis://:secret@127.0.0.1:1/0" };
  return startProcess({ command: process.execPath, args: [script, ...built], env, readyLine, readyTimeoutMs: 120_000 });
}

test.each([
  [0, /^Port \d+ is already in use: stop what uses it, or set PORT to another one\.$/],
  [2, /^Port \d+ is already in use \(needed for their sign-in, as PORT is \d+\): stop .*$/],
])("a taken port, %i after PORT, is reported in one line and ends it", async (offset, line) => {
  const port = await freePortRange(4);
  const other = createServer().listen(port + offset, "127.0.0.1");
  const error: Error = await start(port, /Open/).then(
    () => new Error("it started"),
    (reason) => reason,
  );
  other.close();
  expect(error.message).toContain("ended with 1");
  expect(error.message.trim().split("\n").slice(1)).toEqual([expect.stringMatching(line)]);
});

test("an invalid PORT is refused", async () => {
  await expect(start("web", /Open/)).rejects.toThrow('PORT must be a number from 1 to 65532, not "web".');
});

test.each([
  ["MCP_PREREGISTERED_CLIENTS", "{", "MCP_PREREGISTERED_CLIENTS is not JSON"],
  ["MCP_ENCRYPTION_KEYS", "k1:c2hvcnQ=", 'the key "k1" has 5 bytes instead of 32'],
  ["MCP_ALLOW_HOSTS", "http://10.0.0.1:80", 'outbound.allowHosts has "http://10.0.0.1:80", a URL'],
])("an unusable %s is reported in one line that says what to do, and ends it", async (name, value, problem) => {
  const port = await freePortRange(4);
  const error: Error = await start(port, /Open/, { [name]: value }).then(
    () => new Error("it started"),
    (reason) => reason,
  );
  expect(error.message).toContain("ended with 1");
  expect(error.message.trim().split("\n").slice(1)).toEqual([
    expect.stringMatching(/^.+\. .+$/),
    "The web app has ended unexpectedly (exit code 1), so everything ends.",
  ]);
  expect(error.message).toContain(problem);
});

test("its output hides the password, and TERM ends everything it started", { timeout: 150_000 }, async () => {
  const port = await freePortRange(4);
  const started = await start(port, /^ {2}Open http/);
  expect(started.line).toBe(`  Open http://127.0.0.1:${port}`);
  expect(started.output()).toContain("Redis at redis://:***@127.0.0.1:1/0");
  expect(started.output()).not.toContain("secret@");
  expect(started.output()).toContain(`/mcp (with sign-in at http://127.0.0.1:${port + 2})`);

  const ports = [port, port + 1, port + 2, port + 3];
  expect(await Promise.all(ports.map((each) => isPortFree(each)))).toEqual([false, false, false, false]);
  expect(await started.stop()).toBe(0);
  expect(await Promise.all(ports.map((each) => isPortFree(each)))).toEqual([true, true, true, true]);
});
