import * as z from "zod";
import { iconSchema, lenient, metaSchema, withoutNulls } from "./tool.js";

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

/** A tool's answer (MCP `CallToolResult`). `isError: true` is the tool's own word and data, not an exception. */
export const toolResultSchema = z.object({
  content: z.array(contentBlockSchema),
  structuredContent: z.unknown().optional(),
  isError: lenient(z.boolean()),
  _meta: lenient(metaSchema),
});

export type ToolResult = z.infer<typeof toolResultSchema>;
