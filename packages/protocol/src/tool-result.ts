import * as z from "zod";
import { knownContentsSchema } from "./resource.js";
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

/** `data` and `blob` are base64, as the server sent them. */
const media = { data: z.string(), mimeType: z.string(), ...ofBlock };

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
    resource: knownContentsSchema,
    ...ofBlock,
  }),
  z.strictObject({ type: z.literal("unknown"), value: z.unknown().optional() }),
]);

/**
 * One block of a result (MCP 2026-07-28, `ContentBlock`). The type `unknown` is ours, not MCP's: its `value` is a block
 * exactly as the server sent it, whose type this version does not know or whose shape does not match its type.
 */
export type ContentBlock = z.infer<typeof blockSchema>;

const isBlock = (value: unknown): value is ContentBlock => blockSchema.safeParse(value).success;

/** Keeps each block whole, including members that are not described here. Parsing twice changes nothing. */
export const contentBlockSchema = z
  .unknown()
  .transform(
    (value): ContentBlock =>
      [value, withoutNulls(value, ["annotations", "resource"])].find(isBlock) ?? { type: "unknown", value },
  );

/**
 * A block from a server. A server that uses our type `unknown` gets it wrapped like any other unknown type, so no
 * server can pass one block off as another.
 */
export function blockOfServer(value: unknown): ContentBlock {
  const block = contentBlockSchema.parse(value);
  return block.type === "unknown" ? { type: "unknown", value } : block;
}

/** A tool's answer (MCP `CallToolResult`). `isError: true` is data from the tool itself, not an exception. */
export const toolResultSchema = z.object({
  content: z.array(contentBlockSchema),
  structuredContent: z.unknown().optional(),
  isError: lenient(z.boolean()),
  _meta: lenient(metaSchema),
});

export type ToolResult = z.infer<typeof toolResultSchema>;
