import type * as z from "zod";
import { McpSessionError } from "./session-error.js";

/** How many things that are wrong a message names. */
const maxNamed = 5;

/** What is wrong with an input, without what was sent: below a field's own name, the names are the sender's, too. */
export function invalidInput({ issues }: z.core.$ZodError): McpSessionError<"INVALID_INPUT"> {
  const wrong = new Set(issues.map(({ path: [field], message }) => (field ? `${String(field)}: ${message}` : message)));
  return new McpSessionError({
    code: "INVALID_INPUT",
    message: [...wrong].slice(0, maxNamed).join("; "),
    hint: "Correct it and try again.",
    retryable: false,
  });
}
