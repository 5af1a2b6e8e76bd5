import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/client/validators/cf-worker";

type Schema = Readonly<Record<string, unknown>>;

/** Checks a value in a few steps. Undefined if the value is too large for that, or the check fails. */
export type PlainCheck = (value: unknown) => boolean | undefined;

/** How many steps a plain check may take: the subschemas, times the members of the value. */
const maxSteps = 10_000;
/** So many UTF-16 code units of a text count as one member. */
const lengthOfMember = 64;

/** Keywords that only describe, and the dialects in which the other ones mean what they mean here. */
const annotations = new Set(["title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"]);
const dialects = new Set(["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"]);
/** Keywords that compare a member with a number. */
const bounds = new Set(
  "minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems minProperties maxProperties".split(
    " ",
  ),
);

const interpreter = new CfWorkerJsonSchemaValidator();
const known = new WeakMap<Schema, PlainCheck | null>();

/**
 * The check of a schema that needs no limit on its time, because each of its subschemas looks at each member of a value
 * once at most: no patterns, references, alternatives, or comparisons between members. Most tools have such a schema.
 * Null for any other one.
 */
export function plainCheckOf(schema: Schema): PlainCheck | null {
  const found = known.get(schema);
  if (found !== undefined) return found;
  const check = makeCheck(schema);
  known.set(schema, check);
  return check;
}

function makeCheck(schema: Schema): PlainCheck | null {
  const subschemas = sizeOf(schema);
  if (subschemas > maxSteps) return null;
  try {
    // The interpreter modifies the schema it reads.
    const validate = interpreter.getValidator(structuredClone(schema));
    const maxMembers = maxSteps / subschemas;
    return (value) => {
      if (membersOf(value, maxMembers) > maxMembers) return undefined;
      try {
        return validate(value).valid;
      } catch {
        return undefined;
      }
    };
  } catch {
    return null;
  }
}

/** How many subschemas there are. Infinite if one of them is not plain, or a keyword's value is not of its type. */
function sizeOf(schema: unknown): number {
  if (typeof schema === "boolean") return 1;
  if (!isObject(schema)) return Number.POSITIVE_INFINITY;
  let size = 1;
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "properties") {
      if (!isObject(value)) return Number.POSITIVE_INFINITY;
      for (const member of Object.values(value)) size += sizeOf(member);
    } else if (keyword === "items" || keyword === "additionalProperties") size += sizeOf(value);
    else if (keyword === "enum") size += Array.isArray(value) && value.every(isShort) ? value.length : Infinity;
    else if (keyword === "const") size += isShort(value) ? 1 : Infinity;
    else if (keyword === "$schema") size += dialects.has(String(value)) ? 0 : Infinity;
    else if (keyword === "required" || (keyword === "type" && Array.isArray(value)))
      size += isTexts(value) ? value.length : Infinity;
    else if (keyword === "type") size += typeof value === "string" ? 0 : Infinity;
    else if (bounds.has(keyword)) size += typeof value === "number" ? 0 : Infinity;
    else if (!annotations.has(keyword)) return Number.POSITIVE_INFINITY;
    if (size > maxSteps) return Number.POSITIVE_INFINITY;
  }
  return size;
}

/** How many members a value has, and the parts of long texts. Stops counting after `max`. */
function membersOf(value: unknown, max: number): number {
  if (typeof value === "string") return 1 + value.length / lengthOfMember;
  if (typeof value !== "object" || value === null) return 1;
  let count = 1;
  for (const name in value) {
    count += name.length / lengthOfMember + membersOf((value as Schema)[name], max - count);
    if (count > max) break;
  }
  return count;
}

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string");

const isShort = (value: unknown) =>
  (typeof value !== "object" || value === null) && String(value).length <= lengthOfMember;
