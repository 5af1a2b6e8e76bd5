import { invalidInput, McpSessionError } from "@mcp-assistant/protocol";
import type * as z from "zod";

/** The JSON value of a body. Throws `INVALID_INPUT`, which repeats nothing of it. */
export function parseBody(body: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new McpSessionError({
      code: "INVALID_INPUT",
      message: "The body of this request is not JSON",
      hint: "Correct it and try again.",
      retryable: false,
    });
  }
}

/** An input by its schema. Throws `INVALID_INPUT`, which names the fields that are wrong. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw invalidInput(parsed.error);
}
