import type * as z from "zod";
import { McpSessionError } from "./session-error.js";

/** How many problems a message names at most. */
const maxNamed = 5;

/**
 * What is wrong with an input, without repeating what was sent. It names only top-level fields, because nested names come
 * from the sender.
 */
export function invalidInput({ issues }: z.core.$ZodError): McpSessionError<"INVALID_INPUT"> {
  const wrong = new Set(issues.map(({ path: [field], message }) => (field ? `${String(field)}: ${message}` : message)));
  return new McpSessionError({
    code: "INVALID_INPUT",
    message: [...wrong].slice(0, maxNamed).join("; "),
    hint: "Correct it and try again.",
    retryable: false,
  });
}
