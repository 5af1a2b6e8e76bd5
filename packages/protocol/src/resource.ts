import * as z from "zod";
import { ofList, ttlSchema } from "./listed.js";
import { iconsSchema, lenient, metaSchema, withoutNulls } from "./tool.js";

/** The longest URI or URI template (UTF-16 code units) that we pass on. Modern servers get it in a header, too. */
export const maxUriLength = 8_192;

/**
 * An absolute URI (RFC 3986 §3) of any scheme. Many servers write letters and spaces that a URI has to encode, so only
 * what cannot be seen is refused: the server gets a URI exactly as it is.
 */
export const resourceUriSchema = z
  .string()
  .max(maxUriLength)
  .regex(/^[a-z][a-z0-9+.-]*:[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/iu, { error: "This is not a URI" });

/** A URI template (RFC 6570), which may begin with a variable. */
export const uriTemplateSchema = z
  .string()
  .max(maxUriLength)
  .regex(/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u, { error: "This is not a URI template" });

/** Hints for a client (MCP `Annotations`). Members that are not described here are passed on as the server sent them. */
const annotationsSchema = z.looseObject({
  /** `user`, `assistant`, or both. */
  audience: lenient(z.array(z.string())),
  /** From 0 to 1. */
  priority: lenient(z.number()),
  /** ISO 8601. */
  lastModified: lenient(z.string()),
});

const described = {
  /** For programs. Show the `title`, if there is one. */
  name: z.string(),
  title: lenient(z.string()),
  description: lenient(z.string()),
  mimeType: lenient(z.string()),
  annotations: lenient(annotationsSchema),
  icons: lenient(iconsSchema),
  _meta: lenient(metaSchema),
};

/** A resource as its server describes it (MCP `Resource`). What describes it is the server's claim. */
export const resourceInfoSchema = z.object({
  uri: z.string(),
  ...described,
  /** Bytes. */
  size: lenient(z.number()),
});
export type ResourceInfo = z.infer<typeof resourceInfoSchema>;

/** A family of resources as its server describes it (MCP `ResourceTemplate`). */
export const resourceTemplateInfoSchema = z.object({
  /** RFC 6570. Fill in its variables to get a URI. */
  uriTemplate: z.string(),
  ...described,
});
export type ResourceTemplateInfo = z.infer<typeof resourceTemplateInfoSchema>;

/** The answer to a list of resources. */
export const listedResourcesSchema = z.object({ resources: z.array(resourceInfoSchema), ...ofList });
export type ListedResources = z.infer<typeof listedResourcesSchema>;

/** The answer to a list of templates. */
export const listedResourceTemplatesSchema = z.object({
  resourceTemplates: z.array(resourceTemplateInfoSchema),
  ...ofList,
});
export type ListedResourceTemplates = z.infer<typeof listedResourceTemplatesSchema>;

const ofContents = { uri: z.string(), mimeType: z.string().optional(), _meta: metaSchema.optional() };

const [textSchema, blobSchema] = [
  z.object({ ...ofContents, text: z.string() }),
  z.object({ ...ofContents, blob: z.string() }),
];

/** What a resource holds, in a block or as the answer to a read: text, or base64 as the server sent it. */
export const knownContentsSchema = z.union([textSchema, blobSchema]);

const unknownSchema = z.strictObject({ type: z.literal("unknown"), value: z.unknown().optional() });

/**
 * One item of what was read (MCP `TextResourceContents`, `BlobResourceContents`). The type `unknown` is ours, not MCP's:
 * its `value` is an item exactly as the server sent it that is neither.
 */
export type ResourceContents = z.infer<typeof knownContentsSchema> | z.infer<typeof unknownSchema>;

/** Tries only the schema that can match, because a failure costs much more than a success. */
function isContents(value: unknown): value is ResourceContents {
  if (typeof value !== "object" || value === null) return false;
  const schema = "text" in value ? textSchema : "blob" in value ? blobSchema : unknownSchema;
  return schema.safeParse(value).success;
}

/** Keeps each item whole, including members that are not described here. Parsing twice changes nothing. */
export const resourceContentsSchema = z
  .unknown()
  .transform((value): ResourceContents => [value, withoutNulls(value)].find(isContents) ?? { type: "unknown", value });

/** An item from a server. A server that uses our type `unknown` gets it wrapped like anything else that is unknown. */
export function contentsOfServer(value: unknown): ResourceContents {
  const contents = resourceContentsSchema.parse(value);
  return "type" in contents && contents.type === "unknown" ? { type: "unknown", value } : contents;
}

/** A resource as read (MCP `ReadResourceResult`). */
export const readResourceResultSchema = z.object({
  contents: z.array(resourceContentsSchema),
  ttlMs: ttlSchema,
  _meta: lenient(metaSchema),
});
export type ReadResourceResult = z.infer<typeof readResourceResultSchema>;
