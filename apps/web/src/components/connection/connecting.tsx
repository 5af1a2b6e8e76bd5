"use client";

import {
  type ConnectOutcome,
  type SignInWindow,
  useConnect,
  useConnectionEvents,
  useReconnect,
  useSignIn,
} from "@mcp-assistant/mcp-redis/client";
import {
  type ConnectInput,
  type Connection,
  isTransitional,
  type McpConnectionEvent,
  type McpSessionError,
} from "@mcp-assistant/mcp-redis/shared";
import { createContext, type ReactNode, use, useCallback, useMemo, useRef, useState } from "react";
import { useAnnounce } from "../announcements/announcer";
import { useAnnounceError } from "../announcements/use-announce-error";

interface Connecting {
  /** Announces a failure, and remembers a sign-in window that the browser has blocked. */
  settle: (outcome: ConnectOutcome, serverName: string) => void;
  signIn: (connection: Connection) => SignInWindow;
  /** The sessions whose sign-in window the browser blocked. */
  blocked: ReadonlySet<string>;
  /** Whether the link that replaces a blocked window should take the focus: true once after the click, then false. */
  claimFocus: (sessionId: string) => boolean;
}

const ConnectingContext = createContext<Connecting | null>(null);

/**
 * What all places that connect on a click share. A blocked sign-in window is remembered for as long as the sign-in is
 * needed, so that the connection's card can show a link instead.
 */
export function ConnectingProvider({ children }: { children: ReactNode }) {
  const signIn = useSignIn();
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

  const value = useMemo<Connecting>(
    () => ({
      blocked,
      claimFocus: (sessionId) => justBlocked.current.delete(sessionId),
      settle: ({ error, sessionId, state, window }, serverName) => {
        remember(sessionId, window === "blocked");
        if (state === "FAILED" && error) announce(`${serverName}: failed. ${error.message}`, "assertive");
      },
      signIn: (connection) => {
        const window = signIn(connection);
        remember(connection.sessionId, window === "blocked");
        return window;
      },
    }),
    [announce, blocked, remember, signIn],
  );

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

interface ConnectingToOptions {
  /** Whether a failure is announced. Default: always. */
  isAnnounced?: (error: McpSessionError, input: ConnectInput) => boolean;
}

/** Connects to a server. Call `mutate` in the click. A failure is announced. */
export function useConnectingTo({ isAnnounced = () => true }: ConnectingToOptions = {}) {
  const { settle } = useConnecting();
  const announceError = useAnnounceError();
  return useConnect({
    onSuccess: (outcome, input) => settle(outcome, input.serverName ?? new URL(input.serverUrl).host),
    onError: (error, input) => {
      if (isAnnounced(error, input)) announceError(error);
    },
  });
}

/** Connects to a known server again. Call `mutate` in the click. A failure is announced. */
export function useReconnecting({ serverName }: Connection) {
  const { settle } = useConnecting();
  return useReconnect({ onSuccess: (outcome) => settle(outcome, serverName), onError: useAnnounceError() });
}

export function useConnecting(): Connecting {
  const value = use(ConnectingContext);
  if (!value) throw new Error("There is no <ConnectingProvider> above this component");
  return value;
}
