import type { ToolInfo } from "@mcp-assistant/protocol";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";
import { type Checker, withinTime } from "./output-schema.js";
import { shownLine } from "./shown-text.js";

/** The longest input schema (UTF-16 code units of JSON) that arguments are checked against. */
const maxSchemaLength = 65_536;

/** How many places are named at most, and how long (UTF-16 code units) one of them may be. */
const [maxNamed, maxPointerLength] = [5, 100];

/** The same as for results, but it goes on after the first mistake. */
const interpreter = new CfWorkerJsonSchemaValidator({ shortcircuit: false });

/**
 * Where a call's arguments do not match its tool's input schema (MCP, tools): JSON pointers (RFC 6901), never values.
 * Empty also where that cannot be found out, or not in time.
 */
export async function failingArguments(
  { inputSchema }: ToolInfo,
  args: Readonly<Record<string, unknown>>,
  checker: Checker,
  signal?: AbortSignal,
): Promise<string[]> {
  const text = JSON.stringify(inputSchema);
  if (text.length > maxSchemaLength) return [];
  let report = "";
  const check = () => {
    const { valid, errorMessage = "" } = interpreter.getValidator(JSON.parse(text))(args);
    report = errorMessage;
    return valid;
  };
  const matches = await withinTime(check, checker, signal).catch(() => true);
  return matches ? [] : innermost(pointersIn(report)).slice(0, maxNamed);
}

/** The interpreter reports `#/a/b: what is wrong`, and a missing property at the object that lacks it. */
const place = /(?:^|; )#(\S*?): (?:Instance does not have required property "([^"]*)")?/g;

function pointersIn(report: string): string[] {
  const pointers = [...report.matchAll(place)].map(([, at = "", missing]) =>
    missing === undefined ? at : `${at}/${missing.replaceAll("~", "~0").replaceAll("/", "~1")}`,
  );
  return [...new Set(pointers)].map((pointer) => shownLine(pointer, maxPointerLength));
}

/** A mistake inside an object is one of the object, too, which says less. */
const innermost = (pointers: readonly string[]) =>
  pointers.filter((pointer) => !pointers.some((other) => other.startsWith(`${pointer}/`)));
