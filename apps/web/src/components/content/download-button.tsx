"use client";

import { Download } from "lucide-react";
import { Button } from "../ui/button";

interface DownloadButtonProps {
  /** What the file is called. It comes from a server, so it is made harmless. */
  name: string;
  /** Makes the content when it is wanted, or undefined if it cannot be read. */
  content: () => BlobPart | undefined;
}

/** Saves content as a file. */
export function DownloadButton({ name, content }: DownloadButtonProps) {
  const download = () => {
    const part = content();
    if (part === undefined) return;
    // As plain bytes, so that no browser opens it as a page of ours.
    const url = URL.createObjectURL(new Blob([part], { type: "application/octet-stream" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };
  return (
    <Button variant="quiet" onClick={download}>
      <Download aria-hidden="true" />
      Download
    </Button>
  );
}
