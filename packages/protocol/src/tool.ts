import * as z from "zod";
import { contentBlockSchema, iconsSchema, metaSchema } from "./content-block.js";

const jsonSchema = z.record(z.string(), z.unknown());

/** A member that is not what it should be is left out alone: it hides neither the rest of its tool nor other tools. */
const lenient = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);

/**
 * A tool as its server describes it (MCP `Tool`). Descriptions, titles, hints and icons are the server's claims. `_meta`,
 * `icons`, `execution` and members of `annotations` that are not described here come as the server gave them.
 */
export const toolInfoSchema = z.object({
  name: z.string(),
  title: lenient(z.string()),
  description: lenient(z.string()),
  inputSchema: jsonSchema,
  outputSchema: lenient(jsonSchema),
  annotations: lenient(
    z.looseObject({
      title: lenient(z.string()),
      readOnlyHint: lenient(z.boolean()),
      destructiveHint: lenient(z.boolean()),
      idempotentHint: lenient(z.boolean()),
      openWorldHint: lenient(z.boolean()),
    }),
  ),
  icons: lenient(iconsSchema),
  /** How it wants to be called, such as `taskSupport` (MCP 2025-11-25). */
  execution: lenient(jsonSchema),
  _meta: lenient(metaSchema),
});

export type ToolInfo = z.infer<typeof toolInfoSchema>;

/** A tool's answer (MCP `CallToolResult`). `isError: true` is the tool's own word and data, not an exception. */
export const toolResultSchema = z.object({
  content: z.array(contentBlockSchema),
  structuredContent: z.unknown().optional(),
  isError: lenient(z.boolean()),
  _meta: lenient(metaSchema),
});

export type ToolResult = z.infer<typeof toolResultSchema>;
