"use client";

import { useEffect, useState } from "react";
import { Notice } from "../ui/notice";
import { bytesOf } from "./bytes";

/** Plain images only. An SVG is a document, with links and styles of its own. */
export const plainImages = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

interface ContentImageProps {
  /** Base64. */
  data: string;
  mimeType: string;
  label: string;
}

export function ContentImage({ data, mimeType, label }: ContentImageProps) {
  const [url, setUrl] = useState<string | undefined>();
  const [problem, setProblem] = useState<string | undefined>();
  useEffect(() => {
    setProblem(undefined);
    if (!plainImages.has(mimeType)) return setProblem(`Images of type ${mimeType} can’t be displayed`);
    const bytes = bytesOf(data);
    if (!bytes) return setProblem("The image is not valid base64");
    const made = URL.createObjectURL(new Blob([bytes], { type: mimeType }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [data, mimeType]);
  if (problem) return <Notice tone="neutral" title={problem} hint="You can find it in the raw JSON." />;
  if (!url) return null;
  return (
    <img
      src={url}
      alt={label}
      onError={() => setProblem("The image can’t be displayed")}
      className="max-h-96 max-w-full self-start rounded-lg border object-contain"
    />
  );
}
