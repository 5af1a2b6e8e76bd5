import {
  blockOfServer,
  type Era,
  type ToolInfo,
  type ToolResult,
  toolInfoSchema,
  toolResultSchema,
} from "@mcp-assistant/protocol";
import type { Tool } from "@modelcontextprotocol/client";
import * as z from "zod";
import { callPartOf } from "./call-part.js";
import { hasValidHeaders } from "./mirrored-headers.js";
import { isShownName, shownLine, shownText } from "./shown-text.js";

const [maxTitleLength, maxDescriptionLength] = [200, 8_192];

/**
 * Converts a server's tools to our own type. Malformed entries, names that cannot be shown or that repeat, and tools
 * that a client of this era must not use are left out, so one odd tool never hides the others.
 */
export function toToolInfos(listed: readonly unknown[], era: Era): { tools: ToolInfo[]; leftOut: number } {
  const known = new Map<string, ToolInfo>();
  for (const tool of listed.map(toToolInfo)) {
    const isUsable = tool && isShownName(tool.name) && (era === "legacy" || hasValidHeaders(tool));
    if (isUsable && !known.has(tool.name)) known.set(tool.name, tool);
  }
  return { tools: [...known.values()], leftOut: listed.length - known.size };
}

/** Many servers omit the schema of a tool that takes no arguments. */
const listedToolSchema = toolInfoSchema.extend({
  inputSchema: z.preprocess((schema) => schema ?? { type: "object" }, toolInfoSchema.shape.inputSchema),
});

/**
 * The server's texts about a tool are meant for people and models, so invisible characters are removed from them.
 * `_meta`, icons and `execution` are data and stay unchanged. `undefined` for an entry that is not a tool.
 */
export function toToolInfo(tool: unknown): ToolInfo | undefined {
  const parsed = listedToolSchema.safeParse(tool);
  if (!parsed.success) return undefined;
  const { title, description, annotations, inputSchema, outputSchema, ...info } = parsed.data;
  return {
    ...info,
    ...titleOf(title),
    ...(description === undefined ? {} : { description: shownText(description, maxDescriptionLength) }),
    inputSchema: withShownTexts(inputSchema),
    ...(outputSchema === undefined ? {} : { outputSchema: withShownTexts(outputSchema) }),
    ...(annotations === undefined
      ? {}
      : { annotations: { ...withShownTexts(annotations), ...titleOf(annotations.title) } }),
  };
}

/** Drops a title without visible characters; the tool's name is shown instead. */
function titleOf(title: string | undefined): { title?: string | undefined } {
  if (title === undefined) return {};
  return { title: shownLine(title, maxTitleLength) || undefined };
}

/** A copy whose titles and descriptions, at every level, are safe to show. The answer meter has bounded the depth. */
function withShownTexts<T>(value: T): T;
function withShownTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((member) => withShownTexts(member));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (typeof member !== "string") return [key, withShownTexts(member)];
      if (key === "title") return [key, shownLine(member, maxTitleLength)];
      return [key, key === "description" || key === "$comment" ? shownText(member, maxDescriptionLength) : member];
    }),
  );
}

const serverResultSchema = toolResultSchema.extend({
  content: z.array(z.unknown()).transform((blocks) => blocks.map(blockOfServer)),
});

/**
 * A server's answer to a call, or `undefined` if it is not a tool result. With structured content, the list of content
 * blocks may be missing (MCP, `CallToolResult`).
 */
export function toToolResult(answer: Readonly<Record<string, unknown>>): ToolResult | undefined {
  const { structuredContent = null } = answer;
  const content = answer.content ?? (structuredContent === null ? undefined : []);
  return serverResultSchema.safeParse({ ...answer, content }).data;
}

/** Converts back to the SDK's type, from which the SDK takes the headers to mirror (SEP-2243). We check the results. */
export function toSdkTool(tool: ToolInfo): Tool {
  return { name: tool.name, inputSchema: { ...callPartOf(tool).inputSchema, type: "object" } };
}
