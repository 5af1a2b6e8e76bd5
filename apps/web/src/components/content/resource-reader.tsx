"use client";

import { useConnection, useResource } from "@mcp-assistant/mcp-redis/client";
import type { ReadResourceResult } from "@mcp-assistant/mcp-redis/shared";
import { LoaderCircle, RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { useAnnounce } from "../announcements/announcer";
import { EventTime } from "../events/event-time";
import { mayOffer } from "../offers/may-offer";
import { Button } from "../ui/button";
import { Disclosure } from "../ui/disclosure";
import { ErrorNotice } from "../ui/error-notice";
import { JsonBlock } from "../ui/json-block";
import { Notice } from "../ui/notice";
import { FollowSwitch } from "./follow-switch";
import { ResourceContent } from "./resource-content";

interface ResourceReaderProps {
  sessionId: string;
  uri: string;
  /** What the resource is called. */
  label: string;
}

/** Reads a resource and shows what it holds, or why it could not be read. */
export function ResourceReader({ sessionId, uri, label }: ResourceReaderProps) {
  const { data: connection } = useConnection(sessionId);
  const isConnected = connection?.state === "CONNECTED";
  const mayFollow = mayOffer(connection, "resources.subscribe");
  const [isFollowed, setIsFollowed] = useState(false);
  const { data, dataUpdatedAt, error, fetchStatus, isFetching, refetch } = useResource(sessionId, uri, {
    enabled: isConnected,
    // Each read counts as a call, so only the user asks for another one.
    refetchOnWindowFocus: false,
  });
  useReadAnnouncement(label, dataUpdatedAt, error?.message);
  return (
    <section aria-label="Content" tabIndex={-1} aria-busy={isFetching} className="flex min-w-0 flex-col gap-3">
      <div className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1">
        <Button pending={isFetching} unavailable={!isConnected} onClick={() => refetch()}>
          {!isFetching && <RefreshCw aria-hidden="true" />}
          {data || error ? "Read again" : "Read"}
        </Button>
        {data && (
          <span className="text-[0.8125rem] text-muted">
            Read at <EventTime at={new Date(dataUpdatedAt).toISOString()} />
          </span>
        )}
        {isConnected ? (
          data &&
          mayFollow && (
            <FollowSwitch
              sessionId={sessionId}
              uri={uri}
              label={label}
              isWanted={isFollowed}
              onChange={setIsFollowed}
            />
          )
        ) : (
          <span className="text-[0.8125rem] text-muted">Connect the server first.</span>
        )}
      </div>
      {error && <ErrorNotice error={error} />}
      {!data && fetchStatus === "paused" && <Offline />}
      {!data && fetchStatus === "fetching" && (
        <p className="flex items-center justify-center gap-2 rounded-card border border-dashed px-6 py-12 text-sm text-muted">
          <LoaderCircle aria-hidden="true" className="size-4 animate-spin motion-reduce:animate-none" />
          Waiting for the server…
        </p>
      )}
      {data && <Contents result={data} label={label} />}
    </section>
  );
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
