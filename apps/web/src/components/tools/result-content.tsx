"use client";

import type { ToolResult } from "@mcp-assistant/mcp-redis/shared";
import { JsonBlock, LongText } from "../ui/json-block";
import { ResultImage } from "./result-image";

interface ResultContentProps {
  item: ToolResult["content"][number];
  label: string;
}

/** One item of an answer, by its type. What is not known here is shown as it came, never left out. */
export function ResultContent({ item, label }: ResultContentProps) {
  const { type, text, data, mimeType } = item;
  if (type === "text" && typeof text === "string") return <LongText text={text} label={label} />;
  if (type === "image" && typeof data === "string" && typeof mimeType === "string") {
    return <ResultImage data={data} mimeType={mimeType} label={label} />;
  }
  return <JsonBlock value={item} label={label} />;
}
