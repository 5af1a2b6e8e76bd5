import { createHash } from "node:crypto";
import type { ToolInfo } from "@mcp-assistant/protocol";
import { mirroredIn } from "./mirrored-headers.js";

/** The longest output schema (UTF-16 code units of JSON) that results are checked against. */
const maxSchemaLength = 65_536;

type Schema = Readonly<Record<string, unknown>>;

/** What a call needs of a tool. */
export interface CallPart {
  /** Names the arguments that are mirrored in headers, and no others. */
  inputSchema: Schema;
  /**
   * Absent if the tool has no output schema. One that is too long to be checked is an empty one, which allows anything.
   */
  output?: { schema: Schema; digest: string };
}

const known = new WeakMap<ToolInfo, CallPart>();

/** What a call needs of a tool, found out once for each: a tool may have megabytes, and 600 calls a minute. */
export function callPartOf(tool: ToolInfo): CallPart {
  const part = known.get(tool) ?? findOut(tool);
  known.set(tool, part);
  return part;
}

/** A short tool that is called in the same way. */
export function shortTool(tool: ToolInfo): ToolInfo {
  const { inputSchema, output } = callPartOf(tool);
  return { name: tool.name, inputSchema, ...(output ? { outputSchema: output.schema } : {}) };
}

function findOut(tool: ToolInfo): CallPart {
  const inputSchema = mirroredIn(tool) ?? {};
  if (!tool.outputSchema) return { inputSchema };
  const text = JSON.stringify(tool.outputSchema);
  const [schema, json] = text.length <= maxSchemaLength ? [tool.outputSchema, text] : [{}, "{}"];
  return { inputSchema, output: { schema, digest: createHash("sha256").update(json).digest("base64") } };
}
