import { invalidInput } from "@mcp-assistant/protocol";
import type * as z from "zod";

/** Input from a host's code is validated like input from a browser. Throws `INVALID_INPUT`. */
export function checked<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw invalidInput(parsed.error);
  return parsed.data;
}
