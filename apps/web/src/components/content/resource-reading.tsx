"use client";

import { useResource } from "@mcp-assistant/mcp-redis/client";
import type { ReadResourceResult } from "@mcp-assistant/mcp-redis/shared";
import { LoaderCircle, RefreshCw } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useAnnounce } from "../announcements/announcer";
import { EventTime } from "../events/event-time";
import { Button } from "../ui/button";
import { Disclosure } from "../ui/disclosure";
import { Elapsed } from "../ui/elapsed";
import { ErrorNotice } from "../ui/error-notice";
import { JsonBlock } from "../ui/json-block";
import { Notice } from "../ui/notice";
import { ResourceContent } from "./resource-content";

interface ResourceReadingProps {
  sessionId: string;
  uri: string;
  label: string;
  isConnected: boolean;
  /** A button elsewhere asks, so this has none, and what was read before is not enough. */
  isAskedElsewhere: boolean;
  /** The user has cancelled the read before, so this one waits until they ask. */
  wasCancelled: boolean;
  onCancel: () => void;
  /** What else can be done with a resource that was read. */
  children: ReactNode;
}

/** A read of a resource, its buttons, and what came of it. */
export function ResourceReading({ sessionId, uri, label, isConnected, ...props }: ResourceReadingProps) {
  const { isAskedElsewhere, wasCancelled, onCancel, children } = props;
  const [isWaiting, setIsWaiting] = useState(wasCancelled);
  const { data, dataUpdatedAt, error, fetchStatus, isFetching, refetch } = useResource(sessionId, uri, {
    enabled: isConnected && !isWaiting,
    refetchOnMount: isAskedElsewhere ? "always" : true,
    // Each read counts as a call, so only the user asks for another one.
    refetchOnWindowFocus: false,
  });
  useReadAnnouncement(label, isWaiting || isFetching ? 0 : dataUpdatedAt, error?.message);
  const read = () => {
    setIsWaiting(false);
    void refetch();
  };
  return (
    <div aria-busy={isFetching} className="flex min-w-0 flex-col gap-3">
      <div className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1">
        {isFetching ? (
          <>
            {/* React makes this of the button that was pressed, which keeps the focus. */}
            <Button onClick={onCancel}>Cancel</Button>
            <ReadingFor />
          </>
        ) : (
          !isAskedElsewhere && (
            <>
              <Button unavailable={!isConnected} onClick={read}>
                <RefreshCw aria-hidden="true" />
                {data || error ? "Read again" : "Read"}
              </Button>
              {!isConnected && <span className="text-[0.8125rem] text-muted">Connect the server first.</span>}
            </>
          )
        )}
        {!isFetching && isWaiting && <span className="text-[0.8125rem] text-muted">Cancelled.</span>}
        {data && (
          <span className="text-[0.8125rem] text-muted">
            Read at <EventTime at={new Date(dataUpdatedAt).toISOString()} />
          </span>
        )}
        {data && children}
      </div>
      {error && <ErrorNotice error={error} />}
      {!data && fetchStatus === "paused" && <Offline />}
      {!data && isFetching && (
        <p className="flex items-center justify-center gap-2 rounded-card border border-dashed px-6 py-12 text-sm text-muted">
          <LoaderCircle aria-hidden="true" className="size-4 animate-spin motion-reduce:animate-none" />
          Waiting for the server…
        </p>
      )}
      {data && <Contents result={data} label={label} />}
    </div>
  );
}

function ReadingFor() {
  const [since] = useState(() => performance.now());
  return <Elapsed doing="Reading" since={since} />;
}

function Contents({ result, label }: { result: ReadResourceResult; label: string }) {
  const { contents } = result;
  return (
    <>
      {contents.length === 0 && <p className="text-sm text-muted">The server returned no content.</p>}
      {contents.map((item, index) => (
        <div key={index} className="flex min-w-0 flex-col gap-1.5">
          {contents.length > 1 && "uri" in item && (
            <h3 className="line-clamp-3 font-mono text-xs font-medium text-muted wrap-anywhere">{item.uri}</h3>
          )}
          <ResourceContent item={item} label={contents.length > 1 ? `${label}, part ${index + 1}` : label} />
        </div>
      ))}
      <Disclosure title="Raw JSON">
        <JsonBlock value={result} label="Raw JSON" />
      </Disclosure>
    </>
  );
}

export function Offline() {
  return <Notice tone="neutral" title="You are offline" hint="This continues when you are online again." />;
}

/** Announces when something has been read, or could not be. */
export function useReadAnnouncement(label: string, readAt: number, problem: string | undefined): void {
  const announce = useAnnounce();
  useEffect(() => {
    if (problem !== undefined) announce(`${label}: ${problem}`);
    else if (readAt > 0) announce(`${label}: read`);
  }, [announce, label, problem, readAt]);
}
