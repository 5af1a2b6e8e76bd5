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
import { hasValidHeaders } from "./mirrored-headers.js";
import { shownLine, shownText } from "./shown-text.js";

const [maxTitleLength, maxDescriptionLength] = [200, 8_192];

/** A name that a page shows as it is and that can be told from others: printable, on one line, of at most 128 characters. */
const toolName = /^(?=.{1,128}$)[\p{L}\p{N}\p{P}\p{S}]+(?: [\p{L}\p{N}\p{P}\p{S}]+)*$/u;

/**
 * A server's tools in our own words. Left out are those that are none, those whose names nobody could show or tell apart,
 * and those that a client of the era must not use: one odd tool never hides the others.
 */
export function toToolInfos(listed: readonly unknown[], era: Era): { tools: ToolInfo[]; leftOut: number } {
  const known = new Map<string, ToolInfo>();
  for (const tool of listed.map(toToolInfo)) {
    const isUsable = tool && toolName.test(tool.name) && (era === "legacy" || hasValidHeaders(tool));
    if (isUsable && !known.has(tool.name)) known.set(tool.name, tool);
  }
  return { tools: [...known.values()], leftOut: listed.length - known.size };
}

/** Many servers leave the schema of a tool without arguments out. */
const listedToolSchema = toolInfoSchema.extend({
  inputSchema: z.preprocess((schema) => schema ?? { type: "object" }, toolInfoSchema.shape.inputSchema),
});

/**
 * What the server says of a tool is text for people and models, and is given on without what they would not see. `_meta`,
 * icons and `execution` are data, and stay as they are. `undefined` for what is no tool.
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

/** A title of which nothing can be shown is none: whoever shows the tool has its name. */
function titleOf(title: string | undefined): { title?: string | undefined } {
  if (title === undefined) return {};
  return { title: shownLine(title, maxTitleLength) || undefined };
}

/** The same with its titles and descriptions, at every level, as they may be shown. The meter has bounded its depth. */
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
 * A server's answer to a call; `undefined` when that is no result of a tool. With structured content it may do without a
 * list of contents (MCP, `CallToolResult`).
 */
export function toToolResult(answer: Readonly<Record<string, unknown>>): ToolResult | undefined {
  const { structuredContent = null } = answer;
  const content = answer.content ?? (structuredContent === null ? undefined : []);
  return serverResultSchema.safeParse({ ...answer, content }).data;
}

/** Back to the SDK, which takes from it what goes into headers of its own (SEP-2243). Results are checked by us. */
export function toSdkTool({ inputSchema, name }: ToolInfo): Tool {
  return { name, inputSchema: { ...inputSchema, type: "object" } };
}
