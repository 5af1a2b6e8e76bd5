export type ParsedArguments = { value: Record<string, unknown> } | { problem: string };

/** Reads arguments from a text. An empty text means none. A problem names its place if the browser reports one. */
export function parseArguments(text: string): ParsedArguments {
  if (text.trim() === "") return { value: {} };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: syntaxProblem(error instanceof Error ? error.message : "", text) };
  }
  if (isRecord(value)) return { value };
  return { problem: 'Arguments must be a JSON object, such as {"name": "value"}.' };
}

/** Browsers report the place differently: V8 gives a position, Firefox a line and a column, Safari neither. */
function syntaxProblem(message: string, text: string): string {
  const reason = message
    .replace(/^JSON(?:\.parse| Parse error): /, "")
    .replace(/,? (?:in JSON )?at (?:position|line) .*$/, "")
    .replace(/ of the JSON data$/, "");
  const place = placeIn(message, text);
  return `This is not valid JSON${place ? ` (line ${place.line}, column ${place.column})` : ""}: ${reason}.`;
}

function placeIn(message: string, text: string): { line: number; column: number } | undefined {
  const named = /line (\d+),? column (\d+)/.exec(message);
  if (named) return { line: Number(named[1]), column: Number(named[2]) };
  const position = /position (\d+)/.exec(message)?.[1] ?? (/end of/i.test(message) ? text.length : undefined);
  if (position === undefined) return undefined;
  const before = text.slice(0, Number(position)).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
