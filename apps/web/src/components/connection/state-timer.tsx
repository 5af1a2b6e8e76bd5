"use client";

import { useMcpStream } from "@mcp-assistant/mcp-redis/client";
import { type Connection, isTransitional } from "@mcp-assistant/mcp-redis/shared";
import { useTicker } from "../ui/use-ticker";
import { countdownText, durationText } from "./duration";

/** When less than this (ms) is left to sign in, the clock counts down. */
const countdownStart = 120_000;

/** How long a connection has been in its state; towards the end of a sign-in, how much time is left. */
export function StateTimer({ connection }: { connection: Connection }) {
  const { serverNow } = useMcpStream();
  useTicker();
  const { state, stateSince, until } = connection;
  const now = serverNow();
  const left = state === "AUTHENTICATING" && until ? Date.parse(until) - now : undefined;
  const elapsed = durationText(now - Date.parse(stateSince));
  const endsSoon = left !== undefined && left < countdownStart;
  return (
    <span
      role="timer"
      aria-label={endsSoon ? "Time left to sign in" : "Time in this state"}
      title={new Date(stateSince).toLocaleString()}
      className={`text-[0.8125rem] tabular-nums ${endsSoon ? "font-medium text-sign-in" : "text-muted"}`}
    >
      {endsSoon ? `${countdownText(left)} left` : isTransitional(state) ? elapsed : `for ${elapsed}`}
    </span>
  );
}
