"use client";

import { type ConnectOutcome, useMcp } from "@mcp-assistant/mcp-redis/client";
import type { ConnectInput, Connection } from "@mcp-assistant/mcp-redis/shared";
import { createContext, type ReactNode, use, useMemo, useState } from "react";
import { useAnnounce } from "../announcements/announcer";

interface Connecting {
  connect: (input: ConnectInput) => Promise<ConnectOutcome>;
  reconnect: (connection: Connection) => Promise<ConnectOutcome>;
  signIn: (connection: Connection) => void;
  /** The sessions whose sign-in window the browser did not open. */
  blocked: ReadonlySet<string>;
}

const ConnectingContext = createContext<Connecting | null>(null);

/**
 * What a click does to connect, for all places that offer it: failures are told at once, and a blocked sign-in window
 * is remembered, so that the connection's card shows a link in its stead.
 */
export function ConnectingProvider({ children }: { children: ReactNode }) {
  const { connect, reconnect, signIn } = useMcp();
  const announce = useAnnounce();
  const [blocked, setBlocked] = useState<ReadonlySet<string>>(new Set());

  const value = useMemo<Connecting>(() => {
    const remember = (sessionId: string, isBlocked: boolean) =>
      setBlocked((before) => {
        if (before.has(sessionId) === isBlocked) return before;
        const others = [...before].filter((other) => other !== sessionId);
        return new Set(isBlocked ? [...others, sessionId] : others);
      });
    const settle = (outcome: ConnectOutcome, serverName: string) => {
      const { error, sessionId, state, window } = outcome;
      remember(sessionId, window === "blocked");
      if (state === "FAILED" && error) announce(`${serverName}: failed. ${error.message}`, "assertive");
      return outcome;
    };
    return {
      blocked,
      connect: async (input) => settle(await connect(input), input.serverName ?? new URL(input.serverUrl).host),
      reconnect: async ({ sessionId, serverName }) => settle(await reconnect(sessionId), serverName),
      signIn: (connection) => remember(connection.sessionId, signIn(connection) === "blocked"),
    };
  }, [announce, blocked, connect, reconnect, signIn]);

  return <ConnectingContext value={value}>{children}</ConnectingContext>;
}

export function useConnecting(): Connecting {
  const value = use(ConnectingContext);
  if (!value) throw new Error("There is no <ConnectingProvider> above this component");
  return value;
}
