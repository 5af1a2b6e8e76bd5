"use client";

import { useMcp } from "@mcp-assistant/mcp-redis/client";
import { useEffect, useRef } from "react";
import { useAnnounce } from "./announcer";

/** Says when the page no longer hears from the app, and when it does again. */
export function StreamAnnouncements() {
  const announce = useAnnounce();
  const { status, streamError } = useMcp();
  const trouble = streamError?.message;
  const told = useRef(false);
  useEffect(() => {
    if (trouble) announce(`${trouble}. What you see is the last known state`);
    else if (told.current && status === "live") announce("What you see is live again");
    else return;
    told.current = trouble !== undefined;
  }, [announce, status, trouble]);
  return null;
}
