"use client";

import { useConnections, useMcpStream } from "@mcp-assistant/mcp-redis/client";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";

/** Why the page is not live, if that is known, with a button to try again. */
export function StreamTrouble() {
  const { data: connections } = useConnections();
  const { status, error, retry } = useMcpStream();
  if (!error) return null;
  // The general hint is written for a failed click. The stream reconnects automatically.
  const keepsTrying = error.code === "APP_UNREACHABLE" && status !== "offline";
  const hint = keepsTrying ? "This page keeps trying to reconnect." : error.hint;
  return (
    <div className="mb-3">
      <ErrorNotice error={{ ...error, hint }}>
        <Button onClick={retry}>Try again</Button>
        <p className="self-center text-muted">
          {connections ? "What you see below is the last known state." : "Nothing could be loaded yet."}
        </p>
      </ErrorNotice>
    </div>
  );
}
