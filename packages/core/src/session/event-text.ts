import type { LoggedEvent } from "@mcp-assistant/protocol";

/**
 * What an entry of an event log may take (bytes), unless it names a followed resource with a longer URI. The number of
 * entries is bounded, too.
 */
export const maxEventBytes = 8_192;

/** How long (UTF-16 code units) each text for people may be in an event that is too large. */
const maxTextLength = 256;

const texts: ReadonlySet<string> = new Set(["message", "hint", "operatorHint", "reason"]);

/**
 * An event as the log stores it. Each of its parts is bounded where it comes in, and they hardly ever have all that they
 * may have. If they do, texts for people are cut: the connection itself has them in full.
 */
export function eventText(event: LoggedEvent): string {
  const text = JSON.stringify(event);
  if (Buffer.byteLength(text) <= maxEventBytes) return text;
  return JSON.stringify(event, (key, value: unknown) =>
    typeof value === "string" && texts.has(key) && value.length > maxTextLength
      ? `${value.slice(0, maxTextLength - 1)}…`
      : value,
  );
}
