import * as z from "zod";

/** What its server says of itself to clients and to other programs (MCP, `_meta`). Data: nothing in it is checked or shown. */
export const metaSchema = z.record(z.string(), z.unknown());

/** A picture for a page. `src` is what the server gave, an https or data URL by the protocol: judge it before you load it. */
const iconSchema = z.object({
  src: z.string(),
  mimeType: z.string().optional(),
  /** Such as `48x48`, or `any`. */
  sizes: z.array(z.string()).optional(),
  /** `light` or `dark`. */
  theme: z.string().optional(),
});
export type Icon = z.infer<typeof iconSchema>;

/** The icons among what is listed: one that is malformed hides no other. */
export const iconsSchema = z
  .array(z.unknown())
  .transform((icons) => icons.map((icon) => withoutNulls(icon)).filter((icon) => isIcon(icon)));

const isIcon = (value: unknown): value is Icon => iconSchema.safeParse(value).success;

const ofBlock = {
  annotations: z
    .object({
      /** `user`, `assistant`, or both. */
      audience: z.array(z.string()).optional(),
      /** From 0 to 1. */
      priority: z.number().optional(),
      /** ISO 8601. */
      lastModified: z.string().optional(),
    })
    .optional(),
  _meta: metaSchema.optional(),
};

/** `data` and `blob` are base64, as the server gave them. */
const media = { data: z.string(), mimeType: z.string(), ...ofBlock };

const contents = { uri: z.string(), mimeType: z.string().optional(), _meta: metaSchema.optional() };

const blockSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string(), ...ofBlock }),
  z.object({ type: z.literal("image"), ...media }),
  z.object({ type: z.literal("audio"), ...media }),
  z.object({
    type: z.literal("resource_link"),
    uri: z.string(),
    name: z.string(),
    title: z.string().optional(),
    description: z.string().optional(),
    mimeType: z.string().optional(),
    /** Bytes. */
    size: z.number().optional(),
    icons: z.array(iconSchema).optional(),
    ...ofBlock,
  }),
  z.object({
    type: z.literal("resource"),
    resource: z.union([z.object({ ...contents, text: z.string() }), z.object({ ...contents, blob: z.string() })]),
    ...ofBlock,
  }),
  z.strictObject({ type: z.literal("unknown"), value: z.unknown().optional() }),
]);

/**
 * A piece of a result (MCP 2026-07-28, `ContentBlock`). `unknown` is not MCP's: its `value` is a block of a kind that this
 * version does not know, or that does not have the shape of its kind, as the server gave it.
 */
export type ContentBlock = z.infer<typeof blockSchema>;

const isBlock = (value: unknown): value is ContentBlock => blockSchema.safeParse(value).success;

/** Each block stays whole, members that are not described here included. Parsing twice changes nothing. */
export const contentBlockSchema = z
  .unknown()
  .transform(
    (value): ContentBlock =>
      [value, withoutNulls(value, ["annotations", "resource"])].find(isBlock) ?? { type: "unknown", value },
  );

/**
 * A block as a server gave it. `unknown` is a word of ours: to a server that uses it, it is a kind like others that nobody
 * knows, so no server can pass one block off as another.
 */
export function blockOfServer(value: unknown): ContentBlock {
  const block = contentBlockSchema.parse(value);
  return block.type === "unknown" ? { type: "unknown", value } : block;
}

/** Many servers write null for what is absent. `_meta` is data, whatever it holds. */
function withoutNulls(value: unknown, inside: readonly string[] = []): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, inside.includes(key) ? withoutNulls(member) : member]),
  );
}
