import { type ErrorInfo, McpSessionError } from "@mcp-assistant/protocol";
import { unauthenticated, unreachable } from "../errors.js";

/** What the server sent as an error, or undefined. Not by its schema, which would bring zod into every page. */
export function readErrorInfo(value: unknown): ErrorInfo | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { code, message, hint, operatorHint, retryable, retryAfter } = value as Partial<ErrorInfo>;
  if (typeof code !== "string" || typeof message !== "string") return undefined;
  return {
    code,
    message,
    hint: typeof hint === "string" ? hint : "",
    ...(typeof operatorHint === "string" ? { operatorHint } : {}),
    retryable: retryable === true,
    // setTimeout fires at once for a wait that is longer than it can count.
    ...(typeof retryAfter === "number" ? { retryAfter: Math.min(Math.max(retryAfter, 0), 86_400_000) } : {}),
  };
}

/** Why an answer without one of our errors is not the one that was asked for. */
export const errorOfStatus = (status: number): ErrorInfo => (status === 401 ? unauthenticated : unreachable);

/** The same for something that may have been done. */
export const unanswered: ErrorInfo = {
  ...unreachable,
  hint: "Before you try again, note that the app may have completed this request.",
  retryable: false,
};

export const asError = (info: ErrorInfo, cause?: unknown) => new McpSessionError({ ...info, cause });
