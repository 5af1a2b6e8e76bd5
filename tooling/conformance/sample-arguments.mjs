const samples = { number: 1, integer: 1, boolean: true, array: [], object: {}, null: null };

/** Arguments that a tool's schema accepts, for tools of which nobody knows what they do. */
export function sampleArguments({ properties = {} }) {
  return Object.fromEntries(
    Object.entries(properties).map(([name, { type, enum: values, default: usual }]) => [
      name,
      usual ?? values?.[0] ?? samples[type] ?? "sample",
    ]),
  );
}
