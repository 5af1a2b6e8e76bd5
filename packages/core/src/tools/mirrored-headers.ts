import type { ToolInfo } from "@mcp-assistant/protocol";

const keyword = "x-mcp-header";
/** A header name (RFC 9110 §5.1). */
const token = /^[\w!#$%&'*+.^`|~-]+$/;
const types: ReadonlySet<unknown> = new Set(["string", "integer", "boolean"]);

/** JSON Schema keywords whose value is data, and those whose value is a map of names to schemas. */
const data: ReadonlySet<string> = new Set(["const", "default", "enum", "examples"]);
const named: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
]);

/** How long (UTF-16 code units of JSON) what names a tool's headers may be. A head of most servers has 16 KiB. */
const maxMirroredLength = 16_384;

type Schema = Readonly<Record<string, unknown>>;

/**
 * What names a tool's headers: the input schema without everything else. `undefined` if {@link hasValidHeaders} is
 * false.
 */
export function mirroredIn(tool: Pick<ToolInfo, "inputSchema">): Schema | undefined {
  if (!areAllowed(tool)) return undefined;
  const mirrored = annotatedIn(tool.inputSchema) ?? {};
  return JSON.stringify(mirrored).length <= maxMirroredLength ? mirrored : undefined;
}

/** `undefined` for a schema without annotations. */
function annotatedIn(schema: unknown): Schema | undefined {
  if (!isSchema(schema)) return undefined;
  const own = keyword in schema ? { type: schema.type, [keyword]: schema[keyword] } : {};
  const properties = Object.entries(isSchema(schema.properties) ? schema.properties : {}).flatMap(([name, member]) => {
    const annotated = annotatedIn(member);
    return annotated ? [[name, annotated] as const] : [];
  });
  if (properties.length > 0) return { ...own, properties: Object.fromEntries(properties) };
  return keyword in schema ? own : undefined;
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Whether the tool's `x-mcp-header` annotations are valid (MCP 2026-07-28, Streamable HTTP). They name the arguments
 * that are mirrored in request headers. Each must be a string, integer or boolean, be reachable through `properties`
 * only, and have its own header. A tool with an invalid annotation must not be used, and one with more headers than a
 * server reads cannot be.
 */
export const hasValidHeaders = (tool: Pick<ToolInfo, "inputSchema">): boolean => mirroredIn(tool) !== undefined;

function areAllowed({ inputSchema }: Pick<ToolInfo, "inputSchema">): boolean {
  const names = new Set<string>();

  function check(schema: unknown, isProperty: boolean, isReachable: boolean): boolean {
    if (Array.isArray(schema)) return schema.every((member) => check(member, false, false));
    if (typeof schema !== "object" || schema === null) return true;
    if (keyword in schema && !(isProperty && takeName(schema))) return false;
    return Object.entries(schema).every(([key, value]) => {
      if (key === keyword || data.has(key)) return true;
      if (!named.has(key) || typeof value !== "object" || value === null) return check(value, false, false);
      const areProperties = key === "properties" && isReachable;
      return Object.values(value).every((member) => check(member, areProperties, areProperties));
    });
  }

  function takeName(schema: { [keyword]?: unknown; type?: unknown }): boolean {
    const name = schema[keyword];
    if (typeof name !== "string" || !token.test(name) || !types.has(schema.type)) return false;
    const isNew = !names.has(name.toLowerCase());
    names.add(name.toLowerCase());
    return isNew;
  }

  return check(inputSchema, false, true);
}
