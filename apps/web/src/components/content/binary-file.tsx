import { File } from "lucide-react";
import { byteCount, bytesOf, sizeText } from "./bytes";
import { DownloadButton } from "./download-button";
import { fileName } from "./file-name";

interface BinaryFileProps {
  /** Base64. */
  data: string;
  mimeType: string | undefined;
  /** What the file is called: a URI, or a plain name. */
  name: string;
}

/** Content that a page cannot show: its type and size, and a way to save it. */
export function BinaryFile({ data, mimeType, name }: BinaryFileProps) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-lg border bg-surface-sunken px-3 py-2 text-sm">
      <File aria-hidden="true" className="size-4 shrink-0 text-muted" />
      <span className="min-w-0 flex-1 text-muted wrap-anywhere">
        {mimeType || "Unknown type"} · {sizeText(byteCount(data))}
      </span>
      <DownloadButton name={fileName(name, mimeType)} content={() => bytesOf(data) ?? data} />
    </div>
  );
}
