import * as z from "zod";

const jsonSchema = z.record(z.string(), z.unknown());

/** A tool as its server describes it (MCP `Tool`). Descriptions, titles and annotations are the server's claims. */
export const toolInfoSchema = z.object({
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: jsonSchema,
  outputSchema: jsonSchema.optional(),
  annotations: z
    .object({
      title: z.string().optional(),
      readOnlyHint: z.boolean().optional(),
      destructiveHint: z.boolean().optional(),
      idempotentHint: z.boolean().optional(),
      openWorldHint: z.boolean().optional(),
    })
    .optional(),
});

export type ToolInfo = z.infer<typeof toolInfoSchema>;

/** A tool's answer (MCP `CallToolResult`). `isError: true` is the tool's own word and data, not an exception. */
export const toolResultSchema = z.object({
  content: z.array(z.looseObject({ type: z.string() })),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional(),
});

export type ToolResult = z.infer<typeof toolResultSchema>;
