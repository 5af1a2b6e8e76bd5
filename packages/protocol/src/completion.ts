import * as z from "zod";
import { maxUriLength } from "./resource.js";
import { lenient } from "./tool.js";

/** The most values that a completion may have (MCP, completion). */
export const maxCompletionValues = 100;

/** What proposals are wanted for: an argument of a prompt, or a variable of a URI template (`uri`). */
export const completionReferenceSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ref/prompt"), name: z.string().min(1).max(256) }),
  z.object({ type: z.literal("ref/resource"), uri: z.string().min(1).max(maxUriLength) }),
]);
export type CompletionReference = z.infer<typeof completionReferenceSchema>;

/** A server's proposals for the value of an argument (MCP `CompleteResult.completion`), as it sent them. */
export const completionSchema = z.object({
  /** At most 100. */
  values: z.array(z.string()),
  /** How many there are in all. */
  total: lenient(z.number()),
  hasMore: lenient(z.boolean()),
});
export type Completion = z.infer<typeof completionSchema>;
