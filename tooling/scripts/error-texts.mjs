import { parseAst } from "vitest/node";

/**
 * A text of an error as a source has it, with … for each value that is filled in.
 *
 * @typedef {{ part: "message" | "hint" | "operatorHint" | "title", text: string, line: number, isForDevelopers: boolean }} ErrorText
 */

/** Words that make a text hard to read, or that speak of a user as a man. */
const stilted = /\b(?:nobody|whoever|anew|somebody|he|his|him)\b/i;

/** Classes whose message and hint are read by the developer alone: a user gets others. */
const developerErrors = new Set(["ConfigurationError"]);

/** Classes that are given the name of a text, and not the text. */
const errorsWithTexts = new Set(["InvalidStateError", "SessionUnreadableError"]);

/**
 * The texts that a source gives to errors: the properties `message`, `hint`, `operatorHint` and `title`, and the arguments
 * of error classes. Both branches of a condition count.
 *
 * @param {string} source
 * @param {"ts" | "tsx"} [lang] In a file with JSX, `<T>` is an element.
 * @returns {ErrorText[]}
 */
export function findErrorTexts(source, lang = "ts") {
  /** @type {ErrorText[]} */
  const found = [];
  const lineOf = (/** @type {number} */ at) => source.slice(0, at).split("\n").length;
  const add = (/** @type {ErrorText["part"]} */ part, /** @type {any} */ value, isForDevelopers = false) => {
    for (const text of textsOf(value)) found.push({ part, text, line: lineOf(value.start), isForDevelopers });
  };
  const visit = (/** @type {any} */ node) => {
    if (typeof node !== "object" || node === null) return;
    if (Array.isArray(node)) return node.forEach(visit);
    const name = node.type === "Property" && node.key.type === "Identifier" ? node.key.name : undefined;
    if (isPart(name)) add(name, node.value);
    if (node.type === "NewExpression" && isErrorClass(node.callee.name)) {
      const isForDevelopers = developerErrors.has(node.callee.name);
      const [message, hint] = node.arguments;
      add("message", message, isForDevelopers);
      if (isForDevelopers) add("hint", hint, true);
    }
    Object.values(node).forEach(visit);
  };
  visit(parseAst(source, { lang }).body);
  return found;
}

const isErrorClass = (/** @type {string | undefined} */ name = "") =>
  name.endsWith("Error") && !errorsWithTexts.has(name);

/** @returns {name is ErrorText["part"]} */
function isPart(/** @type {unknown} */ name) {
  return name === "message" || name === "hint" || name === "operatorHint" || name === "title";
}

/**
 * What an expression says, once for each of its branches; nothing for one that is only a value.
 *
 * @param {any} node
 * @returns {string[]}
 */
function textsOf(node) {
  switch (node?.type) {
    case "Literal":
      return typeof node.value === "string" && node.value !== "" ? [node.value] : [];
    case "TemplateLiteral":
      return [node.quasis.map((/** @type {any} */ { value }) => value.cooked).join("…")];
    case "ConditionalExpression":
      return [...textsOf(node.consequent), ...textsOf(node.alternate)];
    case "LogicalExpression":
      return [...textsOf(node.left), ...textsOf(node.right)];
    case "BinaryExpression": {
      const [left = "…", right = "…"] = [textsOf(node.left)[0], textsOf(node.right)[0]];
      return [left + right];
    }
    default:
      return [];
  }
}

/**
 * What is wrong with a text. `settings`: names of options and environment variables, which no user is to read.
 *
 * @param {ErrorText} text
 * @param {readonly string[]} settings
 * @returns {string[]}
 */
export function problemsOf({ part, text, isForDevelopers }, settings) {
  const isForUsers = part !== "operatorHint" && !isForDevelopers;
  const setting = settings.find((name) => text.includes(name));
  /** @type {[boolean, string][]} */
  const rules = [
    [text.replaceAll("…", "").length > 200, "has more than 200 characters"],
    [part === "title" && text.length > 40, "has more than 40 characters"],
    [!isForDevelopers && !/^(?:\p{Lu}|…|\p{L}+: \p{Lu})/u.test(text), "begins with a small letter"],
    [/ {2}|^\s|\s$/.test(text), "has a space too many"],
    [stilted.test(text), "is stilted"],
    [/hint$/i.test(part) && !/[.…]$/.test(text), "does not end with a full stop"],
    [(part === "message" || part === "title") && /[.!]$/.test(text), "ends with a full stop"],
    [isForUsers && setting !== undefined, `names ${setting}, which is not a user's to set`],
  ];
  return rules.filter(([isBroken]) => isBroken).map(([, problem]) => problem);
}

/**
 * The names of settings in the sources that define them: camelCase properties, and environment variables.
 *
 * @param {string} source
 * @returns {string[]}
 */
export function settingsIn(source) {
  const options = source.matchAll(/(?:^ +|\{ )([a-z]+[A-Z]\w*)\??:/gm);
  const variables = source.matchAll(/\b(?:MCP|REDIS)_[A-Z_]+\b/g);
  return [...new Set([...[...options].map(([, name = ""]) => name), ...[...variables].map(([name]) => name)])];
}
