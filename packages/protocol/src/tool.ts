import * as z from "zod";

/** Metadata from the server for clients and other programs (MCP, `_meta`). It is plain data, never checked or shown. */
export const metaSchema = z.record(z.string(), z.unknown());

/** An icon for a page. `src` should be an https or data URL, but it comes from the server: check it before you load it. */
export const iconSchema = z.object({
  src: z.string(),
  mimeType: z.string().optional(),
  /** Such as `48x48`, or `any`. */
  sizes: z.array(z.string()).optional(),
  /** `light` or `dark`. */
  theme: z.string().optional(),
});
export type Icon = z.infer<typeof iconSchema>;

/** Keeps the valid icons of a list: a malformed one does not hide the others. */
export const iconsSchema = z
  .array(z.unknown())
  .transform((icons) => icons.map((icon) => withoutNulls(icon)).filter((icon) => isIcon(icon)));

const isIcon = (value: unknown): value is Icon => iconSchema.safeParse(value).success;

const jsonSchema = z.record(z.string(), z.unknown());

/** A malformed member is dropped on its own. It hides neither the rest of its tool nor other tools. */
export const lenient = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);

/**
 * A tool as its server describes it (MCP `Tool`). Descriptions, titles, hints and icons are the server's claims.
 * `_meta`, `icons`, `execution` and members of `annotations` that are not described here are passed on as the server
 * sent them.
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
  /** How the tool wants to be called, for example `taskSupport` (MCP 2025-11-25). */
  execution: lenient(jsonSchema),
  _meta: lenient(metaSchema),
});

export type ToolInfo = z.infer<typeof toolInfoSchema>;

/** Drops members that are null, which many servers write for absent ones. The content of `_meta` is kept as it is. */
export function withoutNulls(value: unknown, inside: readonly string[] = []): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, inside.includes(key) ? withoutNulls(member) : member]),
  );
}
