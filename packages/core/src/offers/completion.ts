import { type Completion, completionSchema, maxCompletionValues } from "@mcp-assistant/protocol";
import * as z from "zod";

const isText = (value: unknown): value is string => typeof value === "string";

const answerSchema = z.object({
  completion: completionSchema.extend({
    values: z
      .array(z.unknown())
      .nullish()
      .transform((values) => values?.filter(isText) ?? []),
  }),
});

/** A server's answer to `completion/complete`, or `undefined` if it is none. More values than MCP allows are cut off. */
export function toCompletion(answer: Readonly<Record<string, unknown>>): Completion | undefined {
  const { completion } = answerSchema.safeParse(answer).data ?? {};
  if (!completion || completion.values.length <= maxCompletionValues) return completion;
  return { ...completion, values: completion.values.slice(0, maxCompletionValues), hasMore: true };
}
