"use client";

import { type ConnectOutcome, type SignInWindow, useConnectionEvents, useMcp } from "@mcp-assistant/mcp-redis/client";
import {
  type ConnectInput,
  type Connection,
  isTransitional,
  type McpConnectionEvent,
  type ReconnectInput,
} from "@mcp-assistant/mcp-redis/shared";
import { createContext, type ReactNode, use, useCallback, useMemo, useRef, useState } from "react";
import { useAnnounce } from "../announcements/announcer";

interface Connecting {
  connect: (input: ConnectInput) => Promise<ConnectOutcome>;
  /** `headers` replace the connection's custom headers. */
  reconnect: (connection: Connection, options?: Pick<ReconnectInput, "headers">) => Promise<ConnectOutcome>;
  signIn: (connection: Connection) => SignInWindow;
  /** The sessions whose sign-in window the browser blocked. */
  blocked: ReadonlySet<string>;
  /** Whether the link that replaces a blocked window should take the focus: true once after the click, then false. */
  claimFocus: (sessionId: string) => boolean;
}

const ConnectingContext = createContext<Connecting | null>(null);

/**
 * Connecting on a click, for every place that offers it. Failures are announced immediately. A blocked sign-in window
 * is remembered for as long as the sign-in is needed, so that the connection's card can show a link instead.
 */
export function ConnectingProvider({ children }: { children: ReactNode }) {
  const { connect, reconnect, signIn } = useMcp();
  const announce = useAnnounce();
  const [blocked, setBlocked] = useState<ReadonlySet<string>>(new Set());
  const justBlocked = useRef(new Set<string>());

  const remember = useCallback((sessionId: string, isBlocked: boolean) => {
    if (isBlocked) justBlocked.current.add(sessionId);
    setBlocked((before) => {
      if (before.has(sessionId) === isBlocked) return before;
      const others = [...before].filter((other) => other !== sessionId);
      return new Set(isBlocked ? [...others, sessionId] : others);
    });
  }, []);
  useConnectionEvents({
    limit: 1,
    onEvent: ({ event }) => {
      for (const sessionId of doneWithSignIn(event)) remember(sessionId, false);
    },
  });

  const value = useMemo<Connecting>(() => {
    const settle = (outcome: ConnectOutcome, serverName: string) => {
      const { error, sessionId, state, window } = outcome;
      remember(sessionId, window === "blocked");
      if (state === "FAILED" && error) announce(`${serverName}: failed. ${error.message}`, "assertive");
      return outcome;
    };
    return {
      blocked,
      claimFocus: (sessionId) => justBlocked.current.delete(sessionId),
      connect: async (input) => settle(await connect(input), input.serverName ?? new URL(input.serverUrl).host),
      reconnect: async ({ sessionId, serverName }, options) => settle(await reconnect(sessionId, options), serverName),
      signIn: (connection) => {
        const window = signIn(connection);
        remember(connection.sessionId, window === "blocked");
        return window;
      },
    };
  }, [announce, blocked, connect, reconnect, remember, signIn]);

  return <ConnectingContext value={value}>{children}</ConnectingContext>;
}

/** The sessions that no longer need a sign-in after an event: it was finished or cancelled, perhaps in another tab. */
function doneWithSignIn(event: McpConnectionEvent): string[] {
  if (event.type === "session_removed") return [event.sessionId];
  const reported =
    event.type === "reset" ? event.connections : event.type === "state_changed" ? [event.connection] : [];
  return reported
    .filter(({ authUrl, state }) => authUrl === null && !isTransitional(state))
    .map(({ sessionId }) => sessionId);
}

export function useConnecting(): Connecting {
  const value = use(ConnectingContext);
  if (!value) throw new Error("There is no <ConnectingProvider> above this component");
  return value;
}
