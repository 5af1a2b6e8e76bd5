"use client";

import { useConnections, useMcpStream } from "@mcp-assistant/mcp-redis/client";
import { useEffect, useRef } from "react";
import { useAnnounce } from "./announcer";

/** Announces when the page loses its event stream from the app, and when the stream is back. */
export function StreamAnnouncements() {
  const announce = useAnnounce();
  const { data: connections } = useConnections();
  const { status, error } = useMcpStream();
  const isLoaded = connections !== undefined;
  const trouble = error?.message;
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
