"use client";

import { useMcp } from "@mcp-assistant/mcp-redis/client";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";

/** Why what the page shows is not live, where that is known, and the way to try again. */
export function StreamTrouble() {
  const { connections, streamError, retry } = useMcp();
  if (!streamError) return null;
  return (
    <div className="mb-3">
      <ErrorNotice error={streamError}>
        <Button onClick={retry}>Try again</Button>
        {connections && <p className="self-center text-muted">What you see below is the last known state.</p>}
      </ErrorNotice>
    </div>
  );
}
