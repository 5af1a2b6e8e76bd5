import { wellFormed } from "./well-formed";

/** A text as it stands in the template, or an expression with its variables (RFC 6570 §2). */
type Part = string | Expression;

interface Expression {
  operator: Operator;
  variables: readonly Variable[];
}

interface Variable {
  name: string;
  /** How many characters of the value are taken. */
  prefix: number | undefined;
}

/** How an operator expands its variables (RFC 6570, appendix A). */
const operators = {
  "": { first: "", between: ",", named: false, keepsReserved: false },
  "+": { first: "", between: ",", named: false, keepsReserved: true },
  "#": { first: "#", between: ",", named: false, keepsReserved: true },
  ".": { first: ".", between: ".", named: false, keepsReserved: false },
  "/": { first: "/", between: "/", named: false, keepsReserved: false },
  ";": { first: ";", between: ";", named: true, keepsReserved: false },
  "?": { first: "?", between: "&", named: true, keepsReserved: false },
  "&": { first: "&", between: "&", named: true, keepsReserved: false },
} as const;

type Operator = keyof typeof operators;

const variableForm =
  /^((?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\.?(?:[A-Za-z0-9_-]|%[0-9A-Fa-f]{2}))*)(?:\*|:([1-9]\d{0,3}))?$/;

/** The parts of a URI template (RFC 6570), or undefined if it cannot be read. Variable names may contain `-`, too. */
export function parseTemplate(template: string): readonly Part[] | undefined {
  const parts: Part[] = [];
  for (const [index, piece] of template.split(/\{([^{}]*)\}/).entries()) {
    if (index % 2 === 0) {
      if (/[{}]/.test(piece)) return undefined;
      if (piece !== "") parts.push(piece);
      continue;
    }
    const [, operator = "", list = ""] = /^([+#./;?&]?)(.*)$/.exec(piece) ?? [];
    const variables = list.split(",").map(variableOf);
    if (!variables.every((variable) => variable !== undefined)) return undefined;
    parts.push({ operator: operator as Operator, variables });
  }
  return parts;
}

function variableOf(text: string): Variable | undefined {
  const [, name, prefix] = variableForm.exec(text) ?? [];
  return name === undefined ? undefined : { name, prefix: prefix === undefined ? undefined : Number(prefix) };
}

/** The names of all variables, in order. */
export const variablesOf = (parts: readonly Part[]): string[] => [
  ...new Set(parts.flatMap((part) => (typeof part === "string" ? [] : part.variables.map(({ name }) => name)))),
];

/** The URI with these values. A variable without a value, or with an empty one, is left out. */
export const expandTemplate = (parts: readonly Part[], values: ReadonlyMap<string, string>): string =>
  parts.map((part) => (typeof part === "string" ? encode(part, true) : expand(part, values))).join("");

function expand({ operator, variables }: Expression, values: ReadonlyMap<string, string>): string {
  const { first, between, named, keepsReserved } = operators[operator];
  const expanded = variables.flatMap(({ name, prefix }) => {
    const value = values.get(name) ?? "";
    if (value === "") return [];
    const encoded = encode([...value].slice(0, prefix).join(""), keepsReserved);
    return named ? `${name}=${encoded}` : encoded;
  });
  return expanded.length === 0 ? "" : first + expanded.join(between);
}

/** Percent-encodes what a URI may not contain. With `keepsReserved`, `/` and the like stay, and so does `%20`. */
function encode(text: string, keepsReserved: boolean): string {
  const all = (part: string) =>
    encodeURIComponent(wellFormed(part)).replace(
      /[!'()*]/g,
      (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  if (!keepsReserved) return all(text);
  return text.replace(/%[0-9A-Fa-f]{2}|[^:/?#[\]@!$&'()*+,;=%]+|%/g, (part) =>
    /^%[0-9A-Fa-f]{2}$/.test(part) ? part : all(part),
  );
}
