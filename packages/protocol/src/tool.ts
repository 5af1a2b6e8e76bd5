import * as z from "zod";

/** What its server says of itself to clients and to other programs (MCP, `_meta`). Data: nothing in it is checked or shown. */
export const metaSchema = z.record(z.string(), z.unknown());

/** A picture for a page. `src` is what the server gave, an https or data URL by the protocol: judge it before you load it. */
export const iconSchema = z.object({
  src: z.string(),
  mimeType: z.string().optional(),
  /** Such as `48x48`, or `any`. */
  sizes: z.array(z.string()).optional(),
  /** `light` or `dark`. */
  theme: z.string().optional(),
});
export type Icon = z.infer<typeof iconSchema>;

/** The icons among what is listed: one that is malformed hides no other. */
const iconsSchema = z
  .array(z.unknown())
  .transform((icons) => icons.map((icon) => withoutNulls(icon)).filter((icon) => isIcon(icon)));

const isIcon = (value: unknown): value is Icon => iconSchema.safeParse(value).success;

const jsonSchema = z.record(z.string(), z.unknown());

/** A member that is not what it should be is left out alone: it hides neither the rest of its tool nor other tools. */
export const lenient = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);

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

/** Many servers write null for what is absent. `_meta` is data, whatever it holds. */
export function withoutNulls(value: unknown, inside: readonly string[] = []): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, inside.includes(key) ? withoutNulls(member) : member]),
  );
}
