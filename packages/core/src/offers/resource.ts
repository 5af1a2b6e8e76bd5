import {
  contentsOfServer,
  type ReadResourceResult,
  type ResourceInfo,
  type ResourceTemplateInfo,
  readResourceResultSchema,
  resourceInfoSchema,
  resourceTemplateInfoSchema,
  resourceUriSchema,
  uriTemplateSchema,
} from "@mcp-assistant/protocol";
import * as z from "zod";
import { shownLine } from "../tools/shown-text.js";
import { distinct, shown } from "./described.js";

const maxNameLength = 200;

/** Many servers give no name where the URI says enough. */
const listedName = { name: z.string().nullish().catch(undefined) };
const listedResource = resourceInfoSchema.extend({ ...listedName, uri: resourceUriSchema });
const listedTemplate = resourceTemplateInfoSchema.extend({ ...listedName, uriTemplate: uriTemplateSchema });

/**
 * Converts a server's resources to our own type. Malformed entries, and URIs that repeat or cannot be shown, are left out,
 * so one odd resource never hides the others. A URI goes back to the server, so it is never changed.
 */
export async function toResourceInfos(
  listed: readonly unknown[],
): Promise<{ resources: ResourceInfo[]; leftOut: number }> {
  const { kept, leftOut } = await distinct(listed, { parse: toResourceInfo, keyOf: ({ uri }) => uri });
  return { resources: kept, leftOut };
}

/** The same for resource templates. */
export async function toResourceTemplateInfos(
  listed: readonly unknown[],
): Promise<{ resourceTemplates: ResourceTemplateInfo[]; leftOut: number }> {
  const { kept, leftOut } = await distinct(listed, {
    parse: toResourceTemplateInfo,
    keyOf: ({ uriTemplate }) => uriTemplate,
  });
  return { resourceTemplates: kept, leftOut };
}

function toResourceInfo(resource: unknown): ResourceInfo | undefined {
  const { data } = listedResource.safeParse(resource);
  if (!data) return undefined;
  const { title, description, ...info } = data;
  return { ...info, name: nameOf(data.name, data.uri), ...shown({ title, description }) };
}

function toResourceTemplateInfo(template: unknown): ResourceTemplateInfo | undefined {
  const { data } = listedTemplate.safeParse(template);
  if (!data) return undefined;
  const { title, description, ...info } = data;
  return { ...info, name: nameOf(data.name, data.uriTemplate), ...shown({ title, description }) };
}

const nameOf = (name: string | null | undefined, uri: string) =>
  shownLine(name ?? "", maxNameLength) || shownLine(uri, maxNameLength);

const serverResultSchema = readResourceResultSchema.omit({ ttlMs: true }).extend({
  contents: z.array(z.unknown()).transform((items) => items.map(contentsOfServer)),
});

/** A server's answer to a read, or `undefined` for any other value. */
export function toReadResourceResult(
  answer: Readonly<Record<string, unknown>>,
): Omit<ReadResourceResult, "ttlMs"> | undefined {
  return serverResultSchema.safeParse(answer).data;
}
