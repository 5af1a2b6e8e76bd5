import { type Completion, completionSchema, maxCompletionValues } from "@mcp-assistant/protocol";
import * as z from "zod";

/** The length (UTF-16 code units) of a value that a page can offer. A shortened one would be another value. */
const maxValueLength = 1_000;

const isUsable = (value: unknown): value is string => typeof value === "string" && value.length <= maxValueLength;

const answerSchema = z.object({
  completion: completionSchema.extend({
    values: z
      .array(z.unknown())
      .nullish()
      .transform((values) => values?.filter(isUsable) ?? []),
  }),
});

/**
 * A server's answer to `completion/complete`, or `undefined` for any other value. More values than MCP allows are cut off,
 * and values of more than 1,000 characters are left out.
 */
export function toCompletion(answer: Readonly<Record<string, unknown>>): Completion | undefined {
  const { completion } = answerSchema.safeParse(answer).data ?? {};
  if (!completion || completion.values.length <= maxCompletionValues) return completion;
  return { ...completion, values: completion.values.slice(0, maxCompletionValues), hasMore: true };
}
