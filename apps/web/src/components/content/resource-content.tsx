"use client";

import type { ResourceContents } from "@mcp-assistant/mcp-redis/shared";
import { useMemo } from "react";
import { CopyButton } from "../ui/copy-button";
import { JsonBlock, LongText } from "../ui/json-block";
import { BinaryFile } from "./binary-file";
import { bytesOf } from "./bytes";
import { ContentImage, plainImages } from "./content-image";
import { DownloadButton } from "./download-button";
import { fileName } from "./file-name";
import { prettyText } from "./pretty-text";

interface ResourceContentProps {
  item: ResourceContents;
  label: string;
}

/** What a resource holds, shown by its type, with ways to copy and save it. */
export function ResourceContent({ item, label }: ResourceContentProps) {
  if ("text" in item) return <TextContent item={item} label={label} />;
  if (!("blob" in item)) return <JsonBlock value={item.value} label={label} />;
  const { blob, mimeType, uri } = item;
  if (mimeType === undefined || !plainImages.has(mimeType)) {
    return <BinaryFile data={blob} mimeType={mimeType} name={uri} />;
  }
  return (
    <div className="flex flex-col items-start gap-1">
      <ContentImage data={blob} mimeType={mimeType} label={label} />
      <DownloadButton name={fileName(uri, mimeType)} content={() => bytesOf(blob) ?? blob} />
    </div>
  );
}

interface TextContentProps {
  item: Extract<ResourceContents, { text: string }>;
  label: string;
}

function TextContent({ item: { text, mimeType, uri }, label }: TextContentProps) {
  const shown = useMemo(() => prettyText(text, mimeType), [text, mimeType]);
  if (text === "") return <p className="text-sm text-muted">This resource is empty.</p>;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <LongText text={shown} label={label} />
      <div className="flex flex-wrap gap-1">
        <CopyButton text={text}>Copy</CopyButton>
        <DownloadButton name={fileName(uri, mimeType)} content={() => text} />
      </div>
    </div>
  );
}
