import type { CallProgress } from "@mcp-assistant/protocol";
import * as z from "zod";

/** The levels of MCP's log messages (those of RFC 5424 §6.2.1), from the least to the most important. */
export const logLevelSchema = z.enum(["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]);

export type LogLevel = z.infer<typeof logLevelSchema>;

/** What a server logs while it works on a request (MCP, logging). */
export interface LogMessage {
  level: LogLevel;
  /** The part of the server that logs, if it has a name: one line, safe to show. */
  logger?: string;
  /** What it says, exactly as the server sent it: check it before you show it. */
  data: unknown;
}

/** What hears of a request while it runs. */
export interface Listeners {
  onProgress?: ((progress: CallProgress) => void) | undefined;
  onLog?: ((message: LogMessage) => void) | undefined;
  /** The least important level that `onLog` gets. `info` by default. */
  logLevel?: LogLevel | undefined;
}
