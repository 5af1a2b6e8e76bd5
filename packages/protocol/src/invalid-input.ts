import type { z } from "zod";
import { McpSessionError } from "./session-error.js";

/** What is wrong with an input, without what was sent. */
export function invalidInput({ issues }: z.core.$ZodError): McpSessionError<"INVALID_INPUT"> {
  return new McpSessionError({
    code: "INVALID_INPUT",
    message: issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": ")).join("; "),
    hint: "Correct it and try again.",
    retryable: false,
  });
}
