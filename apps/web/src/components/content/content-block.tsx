"use client";

import type { ContentBlock } from "@mcp-assistant/mcp-redis/shared";
import { JsonBlock, LongText } from "../ui/json-block";
import { BinaryFile } from "./binary-file";
import { ContentImage } from "./content-image";
import { ResourceContent } from "./resource-content";
import { ResourceLink } from "./resource-link";

interface ContentBlockViewProps {
  /** Whose resources a link leads to. */
  sessionId: string;
  item: ContentBlock;
  label: string;
}

/** One content block of a result or a message, shown by its type. An unknown type is shown as JSON, never left out. */
export function ContentBlockView({ sessionId, item, label }: ContentBlockViewProps) {
  switch (item.type) {
    case "text":
      return <LongText text={item.text} label={label} />;
    case "image":
      return <ContentImage data={item.data} mimeType={item.mimeType} label={label} />;
    case "audio":
      return <BinaryFile data={item.data} mimeType={item.mimeType} name={label} />;
    case "resource":
      return <ResourceContent item={item.resource} label={label} />;
    case "resource_link":
      return <ResourceLink sessionId={sessionId} link={item} />;
    default:
      return <JsonBlock value={item.value} label={label} />;
  }
}
