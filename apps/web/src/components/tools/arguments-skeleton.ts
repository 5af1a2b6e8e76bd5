type Schema = Readonly<Record<string, unknown>>;

/** How many levels of a schema are followed: a schema that refers to itself never ends. */
const maxDepth = 6;
/** How many values are generated: a schema that refers to itself many times would fill more than a page. */
const maxValues = 500;
/** How many characters a server's own names and values may have together: browsers lay out long texts very slowly. */
const maxCharacters = 20_000;

/** The whole schema, how many values have been generated, and how many characters are left. */
interface Root {
  schema: Schema;
  values: number;
  characters: number;
}

/**
 * Arguments to start from: a tool's required properties, each with the simplest value that its schema suggests. A value
 * that is too long to be edited counts as not suggested.
 */
export function argumentsSkeleton(inputSchema: Schema): string {
  const value = skeletonOf(inputSchema, { schema: inputSchema, values: 0, characters: maxCharacters }, 0);
  return JSON.stringify(isObject(value) ? value : {}, null, 2);
}

function skeletonOf(schema: unknown, root: Root, depth: number): unknown {
  root.values += 1;
  if (!isObject(schema) || depth > maxDepth || root.values > maxValues) return null;
  if (typeof schema.$ref === "string") return skeletonOf(resolve(schema.$ref, root.schema), root, depth + 1);
  for (const key of ["const", "default"]) if (key in schema && fits(schema[key], root)) return schema[key];
  for (const key of ["enum", "examples"]) {
    const values = schema[key];
    if (Array.isArray(values) && values.length > 0 && fits(values[0], root)) return values[0];
  }
  for (const key of ["anyOf", "oneOf"]) {
    const options = schema[key];
    if (!("type" in schema) && Array.isArray(options)) return skeletonOf(options[0], root, depth + 1);
  }
  const type = Array.isArray(schema.type)
    ? schema.type[0]
    : (schema.type ?? ("properties" in schema ? "object" : null));
  switch (type) {
    case "string":
      return "";
    case "number":
    case "integer":
      return typeof schema.minimum === "number" ? schema.minimum : 0;
    case "boolean":
      return false;
    case "array":
      return [];
    case "object":
      return requiredOf(schema, root, depth);
    default:
      return null;
  }
}

function requiredOf(schema: Schema, root: Root, depth: number): Record<string, unknown> {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === "string") : [];
  const room = Math.max(0, maxValues - root.values);
  return Object.fromEntries(
    required
      .slice(0, room)
      .filter((name) => fits(name, root))
      .map((name) => [name, skeletonOf(properties[name], root, depth + 1)]),
  );
}

/** Whether there is room for a value as it will be written. Then it is taken. */
function fits(value: unknown, root: Root): boolean {
  const { length } = JSON.stringify(value, null, 2) ?? "";
  if (length > root.characters) return false;
  root.characters -= length;
  return true;
}

/** The value that a JSON pointer within the same document refers to (RFC 6901). */
function resolve(reference: string, root: Schema): unknown {
  if (!reference.startsWith("#/")) return undefined;
  const steps = reference.slice(2).split("/");
  return steps.reduce<unknown>((value, step) => {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }, root);
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
