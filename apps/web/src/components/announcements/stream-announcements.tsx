"use client";

import { useMcp } from "@mcp-assistant/mcp-redis/client";
import { useEffect, useRef } from "react";
import { useAnnounce } from "./announcer";

/** Announces when the page loses its event stream from the app, and when the stream is back. */
export function StreamAnnouncements() {
  const announce = useAnnounce();
  const { connections, status, streamError } = useMcp();
  const isLoaded = connections !== undefined;
  const trouble = streamError?.message;
  const announcedTrouble = useRef(false);
  useEffect(() => {
    if (trouble)
      announce(`${trouble}. ${isLoaded ? "What you see is the last known state" : "Nothing could be loaded yet"}`);
    else if (announcedTrouble.current && status === "live") announce("This page is live again");
    else return;
    announcedTrouble.current = trouble !== undefined;
  }, [announce, isLoaded, status, trouble]);
  return null;
}
