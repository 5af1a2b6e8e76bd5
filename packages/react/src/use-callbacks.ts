"use client";

import type { McpBrowser } from "@mcp-assistant/client";
import type { McpConnectionEvent } from "@mcp-assistant/protocol";
import { useEffect, useRef } from "react";

/** How important a message of {@link Callbacks.onLog} is. */
export type McpLogLevel = "debug" | "info" | "warn" | "error";

export interface Callbacks {
  /** Called for each event that arrives while the component is mounted, snapshots (`reset`) included. */
  onConnectionEvent?: ((event: McpConnectionEvent) => void) | undefined;
  /** Called with what happens, for debugging. Nothing in it is secret. */
  onLog?: ((level: McpLogLevel, message: string, metadata: Record<string, unknown>) => void) | undefined;
}

/** Calls the callbacks of the latest render for the events and for what the stream does. */
export function useCallbacks({ store, stream }: McpBrowser, options: Callbacks): void {
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  useEffect(() => {
    const stopEvents = store.recent.subscribe(() => {
      const event = store.recent.get().at(-1)?.event;
      if (!event) return;
      latest.current.onLog?.(
        "debug",
        `Event: ${event.type}`,
        event.type === "reset" ? {} : { sessionId: event.sessionId },
      );
      latest.current.onConnectionEvent?.(event);
    });
    const stopStream = stream.state.subscribe(() => {
      const { status, error } = stream.state.get();
      const level = error ? (status === "offline" ? "error" : "warn") : "info";
      latest.current.onLog?.(
        level,
        `Event stream: ${status}`,
        error ? { code: error.code, message: error.message } : {},
      );
    });
    return () => {
      stopEvents();
      stopStream();
    };
  }, [store, stream]);
}
