"use client";

import { type ErrorInfo, isMcpSessionError } from "@mcp-assistant/mcp-redis/shared";
import { useCallback, useRef, useState } from "react";
import { useAnnounce } from "../announcements/announcer";

export interface Action<TArguments extends unknown[]> {
  /** Runs the action unless it is already running: a second click does nothing. Never rejects. */
  run: (...args: TArguments) => Promise<void>;
  pending: boolean;
  /** Why the last run failed. */
  error: ErrorInfo | null;
  forgetError: () => void;
}

/**
 * An action that a click starts and that takes a while. A failure is also announced to screen readers. It is forgotten
 * when `circumstances` change, because it may no longer be true.
 */
export function useAction<TArguments extends unknown[]>(
  perform: (...args: TArguments) => Promise<unknown>,
  circumstances?: string,
): Action<TArguments> {
  const announce = useAnnounce();
  const running = useRef(false);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<ErrorInfo | null>(null);
  const [present, setPresent] = useState(circumstances);
  if (circumstances !== present) {
    setPresent(circumstances);
    setError(null);
  }
  const run = async (...args: TArguments) => {
    if (running.current) return;
    running.current = true;
    setPending(true);
    setError(null);
    try {
      await perform(...args);
    } catch (thrown) {
      const info = errorInfoOf(thrown);
      setError(info);
      announce(`${info.message}. ${info.hint}`, "assertive");
    } finally {
      running.current = false;
      setPending(false);
    }
  };
  return { run, pending, error, forgetError: useCallback(() => setError(null), []) };
}

/** The typed error that our hooks reject with. Anything else is a bug and is thrown again. */
export function errorInfoOf(thrown: unknown): ErrorInfo {
  if (isMcpSessionError(thrown)) return thrown.toJSON();
  throw thrown;
}
