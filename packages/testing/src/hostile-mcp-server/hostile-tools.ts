/** Tools as in `tools/list`, without the input schema that all of them get. */
type Tools = Readonly<Record<string, unknown>>[];

const [ansi, nul, override, isolate, zeroWidth, tag] = ["\u001b", "\u0000", "\u202e", "\u2066", "\u200b", "\u{e0041}"];

/**
 * A text that runs if it is treated as markup, and that is not what it seems: an image whose error sets `hacked` in a
 * page, an ANSI escape, NUL, bidirectional overrides, zero-width characters, tags, half a surrogate pair, stacked
 * marks.
 */
export const hostileText =
  `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>${ansi}[2J${nul}${override}gpj.exe${isolate}` +
  `${zeroWidth}ignore${zeroWidth}${tag}\ud800 e${"\u0301".repeat(50)} </textarea></style>`;

/** Names that cannot be shown, or told apart. */
export const unshowableNames: readonly string[] = [
  "",
  " ",
  "two\nlines",
  `null${nul}`,
  `${ansi}[31mred`,
  `${override}eman`,
  `zero${zeroWidth}width`,
  `half\ud800`,
  "x".repeat(129),
];

const property = (schema: unknown) => ({ type: "object", properties: { text: schema } });

/** Tools that each carry one kind of attack. Their names can be shown. */
export function hostileTools(canary: string): Tools {
  const inward = { $ref: `${canary}/schema.json` };
  return [
    { name: "texts", title: hostileText, description: hostileText, annotations: { title: hostileText } },
    { name: "<b>markup</b>", description: `<a href="${canary}">click</a>` },
    { name: "__proto__", description: "a name that objects have" },
    { name: "constructor", description: "another" },
    { name: "own_keys", inputSchema: JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}') },
    { name: "long_title", title: "W".repeat(10_000) },
    { name: "long_description", description: "word ".repeat(20_000) },
    { name: "y".repeat(128), title: undefined, description: "the longest name" },
    { name: "schema_texts", inputSchema: property({ title: hostileText, description: hostileText }) },
    { name: "reference", inputSchema: property(inward), outputSchema: property(inward) },
    { name: "no_dialect", outputSchema: { type: "object", $schema: `${canary}/dialect.json` } },
    { name: "pattern", outputSchema: property({ type: "string", pattern: "^(a+)+$" }) },
    { name: "choice", inputSchema: property({ enum: Array.from({ length: 5_000 }, (_, at) => `choice ${at}`) }) },
    { name: "doubling", outputSchema: { type: "object", $defs: doubling(40), $ref: "#/$defs/d0" } },
    { name: "comparing", outputSchema: { type: "object", properties: { list: { uniqueItems: true } } } },
  ];
}

/** Definitions that each refer twice to the next one: 2^n checks. */
function doubling(count: number): Record<string, unknown> {
  const next = (at: number) => ({ $ref: `#/$defs/d${at + 1}` });
  const definitions = Array.from({ length: count }, (_, at) => [`d${at}`, { allOf: [next(at), next(at)] }]);
  return Object.fromEntries([...definitions, [`d${count}`, {}]]);
}

/** A list of this many tools with short names. */
export const longList = (count: number): Tools => Array.from({ length: count }, (_, at) => ({ name: `t${at}` }));
