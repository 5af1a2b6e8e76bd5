// How long one turn of this process's event loop keeps all others waiting.
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

const intervalMs = 5;

/** The CPU time (ms) that the main thread has had. Where neither Node 22.19 nor Linux says it, that of all threads. */
function cpuMs() {
  if (process.threadCpuUsage) return sumMs(process.threadCpuUsage());
  try {
    return Number(readFileSync("/proc/self/schedstat", "latin1").split(" ")[0]) / 1e6;
  } catch {
    return sumMs(process.cpuUsage());
  }
}
const sumMs = ({ user, system }) => (user + system) / 1_000;

/**
 * Watches until `end`, which returns the longest delay of the event loop (`delayMs`, wall-clock time) and the most CPU
 * time that passed between two ticks (`turnMs`): at most the interval of ticks more than the longest turn, also on a
 * machine that is busy with other things.
 */
export function watchLoop() {
  const delay = monitorEventLoopDelay({ resolution: intervalMs });
  delay.enable();
  let turnMs = 0;
  let before = cpuMs();
  const tick = setInterval(() => {
    const now = cpuMs();
    turnMs = Math.max(turnMs, now - before);
    before = now;
  }, intervalMs);
  return {
    end: () => {
      clearInterval(tick);
      delay.disable();
      return { delayMs: delay.max / 1e6, turnMs };
    },
  };
}
