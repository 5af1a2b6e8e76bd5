"use client";

import type { ContentBlock } from "@mcp-assistant/mcp-redis/shared";
import { FileText } from "lucide-react";
import { useState } from "react";
import { Button } from "../ui/button";
import { resourceFacts } from "./resource-facts";
import { ResourceReader } from "./resource-reader";

interface ResourceLinkProps {
  sessionId: string;
  link: Extract<ContentBlock, { type: "resource_link" }>;
}

/** A resource that a result mentions. It is read here, when the user asks for it. */
export function ResourceLink({ sessionId, link }: ResourceLinkProps) {
  const [isOpen, setIsOpen] = useState(false);
  const { description, name, title = name, uri } = link;
  return (
    <article aria-label={title} className="flex flex-col gap-3 rounded-lg border p-3">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
        <FileText aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-muted" />
        <div className="min-w-0 flex-1">
          <p className="line-clamp-3 text-sm font-medium wrap-anywhere">{title}</p>
          <p className="line-clamp-3 font-mono text-xs text-muted wrap-anywhere">{uri}</p>
          <p className="text-[0.8125rem] text-muted wrap-anywhere empty:hidden">{resourceFacts(link)}</p>
          {description && <p className="line-clamp-3 text-[0.8125rem] text-muted wrap-anywhere">{description}</p>}
        </div>
        <Button aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          {isOpen ? "Close" : "Read"}
        </Button>
      </div>
      {isOpen && <ResourceReader sessionId={sessionId} uri={uri} label={title} />}
    </article>
  );
}
