"use client";

import { useMcp } from "@mcp-assistant/mcp-redis/client";
import { useEffect, useRef } from "react";
import { useAnnounce } from "./announcer";

/** Announces when the page loses its event stream from the app, and when the stream is back. */
export function StreamAnnouncements() {
  const announce = useAnnounce();
  const { status, streamError } = useMcp();
  const trouble = streamError?.message;
  const announcedTrouble = useRef(false);
  useEffect(() => {
    if (trouble) announce(`${trouble}. What you see is the last known state`);
    else if (announcedTrouble.current && status === "live") announce("This page is live again");
    else return;
    announcedTrouble.current = trouble !== undefined;
  }, [announce, status, trouble]);
  return null;
}
