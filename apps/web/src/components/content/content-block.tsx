"use client";

import type { ContentBlock } from "@mcp-assistant/mcp-redis/shared";
import { JsonBlock, LongText } from "../ui/json-block";
import { ResultImage } from "./result-image";

interface ResultContentProps {
  item: ContentBlock;
  label: string;
}

/** One content item of a result, shown by its type. An unknown type is shown as JSON, never left out. */
export function ResultContent({ item, label }: ResultContentProps) {
  switch (item.type) {
    case "text":
      return <LongText text={item.text} label={label} />;
    case "image":
      return <ResultImage data={item.data} mimeType={item.mimeType} label={label} />;
    case "unknown":
      return <JsonBlock value={item.value} label={label} />;
    default:
      return <JsonBlock value={item} label={label} />;
  }
}
