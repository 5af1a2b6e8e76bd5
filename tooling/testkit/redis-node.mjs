import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startProcess } from "./processes.mjs";
import { findRedisServer } from "./redis-server.mjs";

const readyTimeoutMs = 10_000;

/**
 * Starts one redis-server in its own folder. It runs from a configuration file there, because Sentinel rewrites that
 * file, and a restart reads it again. `keeps`: whether the folder outlives a kill.
 */
export async function startRedisNode({ port, settings = [], args = [], keeps = true, sentinel = false }) {
  const server = findRedisServer();
  const folder = mkdtempSync(join(tmpdir(), "mcp-redis-"));
  const file = join(folder, "redis.conf");
  const configuration = [`port ${port}`, "bind 127.0.0.1", `dir ${folder}`, ...settings, ""].join("\n");
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });

  const start = async () => {
    mkdirSync(folder, { recursive: true });
    if (!existsSync(file)) writeFileSync(file, sentinel ? configuration : `save ""\n${configuration}`);
    return startProcess({
      command: server.path,
      args: [file, ...args, ...(sentinel ? ["--sentinel"] : [])],
      env: server.env,
      readyLine: sentinel ? /Sentinel ID is/ : /Ready to accept connections/,
      readyTimeoutMs,
    });
  };
  let running = await start().catch((error) => {
    removeFolder();
    throw error;
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return running.pid;
    },
    async kill() {
      await running.kill9();
      if (!keeps) removeFolder();
    },
    async restart() {
      await running.kill9();
      running = await start();
    },
    // A clean shutdown would save nothing, and a master would wait for its replicas.
    async stop() {
      await running.kill9();
      removeFolder();
    },
  };
}

const pong = "+PONG\r\n";

/** Sends one command, written as a line, and returns the raw answer. A PING after it marks where the answer ends. */
export function askRedis(port, command) {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = createConnection({ port, host: "127.0.0.1", timeout: 2_000 });
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(`${command}\r\nPING\r\n`));
    socket.on("data", (text) => {
      answer += text;
      if (!answer.endsWith(pong)) return;
      socket.destroy();
      resolve(answer.slice(0, -pong.length));
    });
    socket.on("timeout", () => socket.destroy(new Error(`Redis did not answer ${command}`)));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`Redis hung up on ${command}`)));
  });
}

/** Like {@link askRedis}, but throws when Redis answers with an error. */
export async function tellRedis(port, command) {
  const answer = await askRedis(port, command);
  if (answer.startsWith("-")) throw new Error(`${command}: ${answer.trim()}`);
  return answer;
}

/**
 * Waits until every question resolves to true. A rejection, such as from a Redis that is not up yet, counts as false.
 */
export async function untilAll(questions, what, timeoutMs = 20_000) {
  const end = performance.now() + timeoutMs;
  while (performance.now() < end) {
    const answers = await Promise.all(questions.map((question) => question().catch(() => false)));
    if (answers.every(Boolean)) return;
    await sleep(20);
  }
  throw new Error(`${what} did not happen within ${timeoutMs} ms`);
}

/** Starts all nodes or none: if one cannot start, the others are stopped. */
export async function startAll(starts) {
  const started = await Promise.allSettled(starts.map((start) => start()));
  const failed = started.find(({ status }) => status === "rejected");
  const nodes = started.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  if (!failed) return nodes;
  await stopAll(nodes);
  throw failed.reason;
}

export async function stopAll(nodes) {
  await Promise.all(nodes.map((node) => node.stop()));
}
