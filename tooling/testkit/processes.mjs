import { spawn } from "node:child_process";

// The shell's stdin is a pipe that we hold open. The kernel closes it when we end, even by `kill -9`, and the watcher
// then ends the command. The command also inherits the pipe, for programs that watch their own stdin.
const lifeline = `
exec 4<&0 </dev/null
"$@" <&4 3>&- 4<&- &
child=$!
echo "$child" >&3
exec 3>&-
(
  while read -r _; do :; done
  kill "$child"
  tries=0
  while kill -0 "$child" && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -9 "$child"
) <&4 >/dev/null 2>&1 &
watcher=$!
exec 4<&-
wait "$child"
code=$?
kill "$watcher"
exit "$code"
`;

const stopGraceMs = 5_000;

function firstLine(stream) {
  return new Promise((resolve) => {
    let text = "";
    stream.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) resolve(text.trim());
    });
    stream.on("close", () => resolve(text.trim()));
  });
}

function environment(changes = {}) {
  const merged = { ...process.env, ...changes };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

export async function spawnWithLifeline({ command, args = [], cwd, env, stdout = "pipe", stderr = "pipe" }) {
  // With its own process group, Ctrl-C in a terminal reaches only the parent, which then ends its children in order.
  const shell = spawn("/bin/sh", ["-c", lifeline, "lifeline", command, ...args], {
    cwd,
    env: environment(env),
    stdio: ["pipe", stdout, stderr, "pipe"],
    detached: true,
  });
  shell.stdin.on("error", () => {});
  let running = true;
  const exited = new Promise((resolve) => {
    shell.once("error", () => resolve(127));
    shell.once("exit", (code) => resolve(code ?? 137));
  }).then((code) => {
    running = false;
    return code;
  });
  const pid = Number(await firstLine(shell.stdio[3]));
  if (!pid) throw new Error(`${command} could not be started`);

  const signal = (target, name) => {
    if (!running) return;
    try {
      process.kill(target, name);
    } catch (error) {
      // The process has just ended.
      if (error.code !== "ESRCH") throw error;
    }
  };
  return {
    pid,
    exited,
    stdout: shell.stdout,
    stderr: shell.stderr,
    async stop() {
      signal(pid, "SIGTERM");
      const late = setTimeout(() => signal(-shell.pid, "SIGKILL"), stopGraceMs);
      const code = await exited;
      clearTimeout(late);
      return code;
    },
    async kill9() {
      signal(pid, "SIGKILL");
      await exited;
    },
  };
}

function onLines(stream, listener) {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) listener(line);
  });
  stream.on("end", () => rest && listener(rest));
}

export async function startProcess({ command, args, cwd, env, readyLine, readyTimeoutMs = 30_000 }) {
  const child = await spawnWithLifeline({ command, args, cwd, env });
  const isReady = readyLine instanceof RegExp ? (line) => readyLine.test(line) : readyLine;
  const name = [command, ...(args ?? [])].join(" ");
  let output = "";
  const ready = new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new Error(`${name} was not ready in ${readyTimeoutMs} ms:\n${output}`));
    }, readyTimeoutMs);
    onLines(child.stdout, (line) => {
      output += `${line}\n`;
      if (!isReady?.(line)) return;
      clearTimeout(late);
      resolve(line);
    });
    onLines(child.stderr, (line) => {
      output += `${line}\n`;
    });
    if (!isReady) {
      clearTimeout(late);
      resolve("");
    }
    child.stdout.once("close", async () => {
      const code = await child.exited;
      clearTimeout(late);
      reject(new Error(`${name} ended with ${code} before it was ready:\n${output}`));
    });
  });
  const line = await ready.catch(async (error) => {
    await child.stop();
    throw error;
  });
  return {
    pid: child.pid,
    line,
    exited: child.exited,
    output: () => output,
    stop: child.stop,
    kill9: child.kill9,
  };
}
