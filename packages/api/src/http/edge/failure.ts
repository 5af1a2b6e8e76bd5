import { type ErrorInfo, errorCatalogue, isMcpSessionError, statusOf } from "@mcp-assistant/protocol";
import { retryAfterHeader } from "../../router/errors.js";
import { appErrorOf } from "../../stream/current-user.js";
import type { WriteRefusal } from "./refusal.js";

/** What a caller is told of an error, and the status and headers of the answer. */
export interface Failure {
  info: ErrorInfo;
  init: { status: number; headers: Record<string, string> };
}

export interface FailureOptions {
  /** Gets an unexpected error. Its text may hold secrets, so the caller is told only that it happened. */
  report: (error: unknown) => void;
  /** Whether the same request may be sent again after an unexpected error. */
  repeatable: boolean;
}

export function failureOf(error: unknown, { report, repeatable }: FailureOptions): Failure {
  const info = isMcpSessionError(error) ? error.toJSON() : unexpected(repeatable);
  if (!isMcpSessionError(error)) report(appErrorOf(error));
  return { info, init: { status: statusOf(info), headers: retryAfterHeader(info) } };
}

const unexpected = (retryable: boolean): ErrorInfo => ({
  code: "INTERNAL",
  message: "Something went wrong in the app",
  hint: errorCatalogue.INTERNAL.hint,
  retryable,
});

/** `{ error }` as JSON. */
export const asJson: WriteRefusal = ({ info }, init) => Response.json({ error: info.toJSON() }, init);
