import type { EventId, McpConnectionEvent } from "@mcp-assistant/protocol";

export interface StreamedEvent {
  /** The place in the log from which to resume. */
  id: EventId;
  event: McpConnectionEvent;
}
