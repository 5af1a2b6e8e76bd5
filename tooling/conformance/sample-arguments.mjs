const samples = { number: 1, integer: 1, boolean: true, array: [], object: {}, null: null };

/** Arguments that a tool's schema accepts, for tools whose purpose is unknown. */
export function sampleArguments({ name: tool, inputSchema: { properties = {} } }, tools) {
  if (tool === "json_schema_echo") return { schema: schemaToEcho(tools) };
  return Object.fromEntries(
    Object.entries(properties).map(([name, { type, enum: values, default: usual }]) => [
      name,
      usual ?? values?.[0] ?? samples[type] ?? "sample",
    ]),
  );
}

/** One scenario wants the schema of its other tool back, to check that it arrived unchanged. */
const schemaToEcho = (tools) => tools.find(({ name }) => name === "json_schema_2020_12_tool")?.inputSchema;
