import fc from "fast-check";

/** Texts with a special meaning in JavaScript, URLs, headers, Redis, paths or pages. */
const meaningful: readonly string[] = [
  ...["", " ", "\t", "\n", "\r\n", "\u0000", "\u2028", "\ufeff", "\u202e", "\ud800", "\udfff", "a\ud800", "\udc00b"],
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "then", "__defineGetter__"],
  ...["null", "undefined", "NaN", "-0", "1e999", "-1", "0", "true", "[object Object]", "[]", "{}", '"', "'", "`"],
  ...["../../etc/passwd", "..%2f..%2f", "%", "%zz", "%00", "%ff%fe", "%c0%af", "\\", "//", "///a", ".", ".."],
  ...["a=b; c=d", ";", "=", ",", "a,b", "a;b", "a&b=c", "#", "?", "@", ":", "*", "$(x)", "{{x}}", "<b>", "<!--"],
  ...["*\r\n$4\r\nKEYS\r\n", "mcp:session:a", "{tag}", "0-0", "1-0", "18446744073709551616-0", "$", ">", "+", "-"],
  ...["http://", "http://[", "http://[::1", "https://a b", "javascript:alert(1)", "data:,", "file:///", "http:\\\\a"],
  ...['Bearer realm="', 'Bearer scope="a b", error=insufficient_scope', "Basic", 'Bearer resource_metadata="http://["'],
  ...['{"v":1,', '{"tv":"a","cv":"b",', '{"status":"open",', '{"__proto__":{"polluted":true}}', "[[[[[[", "]"],
];

/** A text as an attacker would send it: short noise, text with a special meaning, half a surrogate, very long text. */
export const garbledText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...meaningful) },
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  { weight: 3, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 80 }) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...meaningful), fc.constantFrom(...meaningful)).map((two) => two.join("")),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom("a", "é", "\u0000", "😀", "[", "(", " ", "\\", "%2e", "."),
        fc.constantFrom(257, 2_049, 9_000, 70_000),
      )
      .map(([piece, times]) => piece.repeat(times)),
  },
);

/** A field name that is in no schema, such as a name that `JSON.parse` turns into an own property. */
const hostileKey = fc.oneof(
  fc.constantFrom(
    "__proto__",
    "constructor",
    "prototype",
    "length",
    "toString",
    "toJSON",
    "then",
    "0",
    "",
    "type",
    "userId",
  ),
  fc.string({ unit: "binary", maxLength: 8 }),
);

/** A value nested so deeply that a recursive reader runs out of stack. */
const nested = (depth: number, kind: "array" | "object"): unknown => {
  let value: unknown = "deep";
  for (let level = 0; level < depth; level++) value = kind === "array" ? [value] : { a: value };
  return value;
};

/** Any JSON value, including keys that would pollute a prototype and very deep nesting. */
export const hostileJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: garbledText },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(null, true, false, 0, -0, -1, 1.5, 1e308, 2 ** 53, [], {}, [[]], [null]),
  },
  {
    weight: 3,
    arbitrary: fc.dictionary(hostileKey, fc.oneof(garbledText, fc.constantFrom<unknown>(null, 1, {}, [])), {
      maxKeys: 5,
      noNullPrototype: false,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...[64, 1_000].flatMap((depth) => [nested(depth, "array"), nested(depth, "object")])),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
        // Its length cannot be converted to a number or string.
        '{"length":{"toString":1,"valueOf":1}}',
      )
      .map((text): unknown => JSON.parse(text)),
  },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
);

/** A change to one place in a value. */
type Mutation = { path: readonly number[]; how: "replace" | "remove" | "add"; value: unknown; key: string };

const mutation: fc.Arbitrary<Mutation> = fc.record({
  path: fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }),
  how: fc.constantFrom("replace", "replace", "replace", "remove", "add"),
  value: hostileJson,
  key: hostileKey,
});

/**
 * A valid value with one to three places changed. It gets further than noise, which is refused at once. `valid` must be
 * JSON.
 */
export function mutated(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(valid, fc.array(mutation, { minLength: 1, maxLength: 3 }))
    .map(([value, mutations]) => mutations.reduce(mutate, structuredClone(value)));
}

function mutate(value: unknown, { path: [index = 0, ...path], ...rest }: Mutation): unknown {
  if (typeof value !== "object" || value === null) return rest.how === "remove" ? undefined : rest.value;
  const entries = Object.entries(value);
  const at = entries.length === 0 ? -1 : index % entries.length;
  const changed =
    rest.how === "add" || at < 0
      ? [...entries, [rest.key, rest.value] as const]
      : entries.flatMap(([key, inner], place) => {
          if (place !== at) return [[key, inner] as const];
          if (path.length > 0 && typeof inner === "object" && inner !== null) {
            return [[key, mutate(inner, { path, ...rest })] as const];
          }
          return rest.how === "remove" ? [] : [[key, rest.value] as const];
        });
  return Array.isArray(value) ? changed.map(([, inner]) => inner) : Object.fromEntries(changed);
}

/** A valid text with a piece cut out, inserted or replaced. */
export function mutatedText(valid: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const cut = fc.record({ at: fc.nat(), length: fc.nat(12), instead: fc.oneof(fc.constant(""), garbledText) });
  return fc.tuple(valid, cut).map(([text, { at, length, instead }]) => {
    const start = at % (text.length + 1);
    return text.slice(0, start) + instead + text.slice(start + length);
  });
}
