"use client";

import { useConnection } from "@mcp-assistant/mcp-redis/client";
import { useState } from "react";
import { useAnnounce } from "../announcements/announcer";
import { mayOffer } from "../offers/may-offer";
import { FollowSwitch } from "./follow-switch";
import { ResourceReading } from "./resource-reading";

interface ResourceReaderProps {
  sessionId: string;
  uri: string;
  /** What the resource is called. */
  label: string;
  /** How often a button elsewhere has asked for it. Without one, it is read when it is shown, and has a button here. */
  asked?: number;
}

/** Reads a resource and shows what it holds, or why it could not be read. */
export function ResourceReader({ sessionId, uri, label, asked = 0 }: ResourceReaderProps) {
  const announce = useAnnounce();
  const { data: connection } = useConnection(sessionId);
  const isConnected = connection?.state === "CONNECTED";
  const mayFollow = isConnected && mayOffer(connection, "resources.subscribe");
  const [isFollowed, setIsFollowed] = useState(false);
  const [cancelled, setCancelled] = useState({ times: 0, asked: -1 });
  const cancel = () => {
    setCancelled({ times: cancelled.times + 1, asked });
    announce(`${label}: cancelled`);
  };
  return (
    <section aria-label="Content" tabIndex={-1} className="flex min-w-0 flex-col gap-3">
      <ResourceReading
        // A read ends when the component that has asked for it does.
        key={`${asked} ${cancelled.times}`}
        sessionId={sessionId}
        uri={uri}
        label={label}
        isConnected={isConnected}
        isAskedElsewhere={asked > 0}
        wasCancelled={cancelled.asked === asked}
        onCancel={cancel}
      >
        {mayFollow && (
          <FollowSwitch sessionId={sessionId} uri={uri} label={label} isWanted={isFollowed} onChange={setIsFollowed} />
        )}
      </ResourceReading>
    </section>
  );
}
