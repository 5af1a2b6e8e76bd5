import type { ToolInfo } from "@mcp-assistant/protocol";

const keyword = "x-mcp-header";
/** A header's name (RFC 9110 §5.1). */
const token = /^[\w!#$%&'*+.^`|~-]+$/;
const types: ReadonlySet<unknown> = new Set(["string", "integer", "boolean"]);

/** Keywords whose value is data, and those whose value has schemas by name. */
const data: ReadonlySet<string> = new Set(["const", "default", "enum", "examples"]);
const named: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
]);

/**
 * Whether the arguments that a tool wants to see in headers of the request may go there (MCP 2026-07-28, Streamable HTTP):
 * each a string, integer or boolean that is reached by `properties` alone, in a header of its own. A tool that wants
 * something else must not be used.
 */
export function hasValidHeaders({ inputSchema }: Pick<ToolInfo, "inputSchema">): boolean {
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
