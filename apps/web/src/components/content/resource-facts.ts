import type { ResourceInfo } from "@mcp-assistant/mcp-redis/shared";
import { sizeText } from "./bytes";

type Facts = Pick<ResourceInfo, "mimeType" | "size"> & {
  annotations?: { lastModified?: string | undefined } | undefined;
};

/** What is known of a resource before it is read: `text/markdown · 1.2 kB · changed 30 Nov 2026, 14:05`. */
export function resourceFacts({ mimeType, size, annotations }: Facts): string {
  const changed = annotations?.lastModified === undefined ? Number.NaN : Date.parse(annotations.lastModified);
  return [
    mimeType?.slice(0, 200),
    size === undefined || size < 0 ? undefined : sizeText(size),
    Number.isNaN(changed) ? undefined : `changed ${new Date(changed).toLocaleString(undefined, moment)}`,
  ]
    .filter(Boolean)
    .join(" · ");
}

const moment = { dateStyle: "medium", timeStyle: "short" } as const;
