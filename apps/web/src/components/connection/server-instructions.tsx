"use client";

import { useInstructions } from "@mcp-assistant/mcp-redis/client";
import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { LoaderCircle } from "lucide-react";
import { Offline, useReadAnnouncement } from "../content/resource-reading";
import { Button } from "../ui/button";
import { Disclosure } from "../ui/disclosure";
import { ErrorNotice } from "../ui/error-notice";
import { LongText } from "../ui/json-block";

const title = "What the server says about its use";

/** The server's instructions (MCP, `InitializeResult`). The server is asked when the user opens them. */
export function ServerInstructions({ connection }: { connection: Connection }) {
  return (
    <div className="mt-2">
      <Disclosure title={title}>
        <Instructions connection={connection} />
      </Disclosure>
    </div>
  );
}

function Instructions({ connection: { sessionId, state } }: { connection: Connection }) {
  const isConnected = state === "CONNECTED";
  const { data, dataUpdatedAt, error, fetchStatus, isFetching, refetch } = useInstructions(sessionId, {
    enabled: isConnected,
    // Each is a handshake, so only the user asks for another one.
    refetchOnWindowFocus: false,
  });
  useReadAnnouncement(title, dataUpdatedAt, error?.message);
  if (data) return <LongText text={data} label={title} />;
  return (
    // It takes the focus when the pressed button inside it disappears.
    <div tabIndex={-1} aria-busy={isFetching} className="text-muted">
      {data === null && <p>The server says nothing about it.</p>}
      {data === undefined && !isConnected && <p>Connect the server first.</p>}
      {data === undefined && fetchStatus === "paused" && <Offline />}
      {data === undefined && fetchStatus === "fetching" && (
        <p className="flex items-center gap-2">
          <LoaderCircle aria-hidden="true" className="size-4 animate-spin motion-reduce:animate-none" />
          Waiting for the server…
        </p>
      )}
      {error && !isFetching && (
        <ErrorNotice error={error}>
          <Button onClick={() => refetch()}>Try again</Button>
        </ErrorNotice>
      )}
    </div>
  );
}
