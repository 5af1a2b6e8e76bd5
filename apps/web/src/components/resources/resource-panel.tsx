"use client";

import type { ResourceInfo } from "@mcp-assistant/mcp-redis/shared";
import { useId } from "react";
import { ItemHeading } from "../bench/item-heading";
import { resourceFacts } from "../content/resource-facts";
import { ResourceReader } from "../content/resource-reader";

interface ResourcePanelProps {
  sessionId: string;
  uri: string;
  /** What the server's list says of it. A resource need not be on the list. */
  info: ResourceInfo | undefined;
}

/** One resource: what the server says of it, and what it holds. */
export function ResourcePanel({ sessionId, uri, info }: ResourcePanelProps) {
  const headingId = useId();
  const title = info?.title ?? info?.name ?? uri;
  const facts = info && resourceFacts(info);
  return (
    <section aria-labelledby={headingId} className="min-w-0">
      <ItemHeading id={headingId} title={title} name={uri} description={info?.description}>
        {facts && <p className="mt-1 text-[0.8125rem] text-muted wrap-anywhere">{facts}</p>}
      </ItemHeading>
      <div className="mt-4">
        <ResourceReader sessionId={sessionId} uri={uri} label={title} />
      </div>
    </section>
  );
}
