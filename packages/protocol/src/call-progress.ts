import * as z from "zod";

/** How far a call has come, as its server says (MCP, progress). */
export const callProgressSchema = z.object({
  /** Higher each time. What it counts is the server's own choice. */
  progress: z.number(),
  /** What `progress` ends at, if that is known. */
  total: z.number().exactOptional(),
  /** What the server is doing, in its own words: one line of at most 300 characters, safe to show. */
  message: z.string().exactOptional(),
});

export type CallProgress = z.infer<typeof callProgressSchema>;
