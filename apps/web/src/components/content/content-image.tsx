"use client";

import { useEffect, useState } from "react";
import { Notice } from "../ui/notice";

/** Plain images only. An SVG is a document, with links and styles of its own. */
const plainImages = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

interface ResultImageProps {
  /** Base64. */
  data: string;
  mimeType: string;
  label: string;
}

export function ResultImage({ data, mimeType, label }: ResultImageProps) {
  const [url, setUrl] = useState<string | undefined>();
  const [problem, setProblem] = useState<string | undefined>();
  useEffect(() => {
    setProblem(undefined);
    if (!plainImages.has(mimeType)) return setProblem(`Images of type ${mimeType} can’t be displayed`);
    const blob = imageOf(data, mimeType);
    if (!blob) return setProblem("The image is not valid base64");
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [data, mimeType]);
  if (problem) return <Notice tone="neutral" title={problem} hint="You can find it in the raw result." />;
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

function imageOf(base64: string, type: string): Blob | undefined {
  try {
    return new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], { type });
  } catch {
    return undefined;
  }
}
