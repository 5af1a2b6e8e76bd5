import type { SeededRandom } from "@mcp-assistant/testing/seeded-random";

/** Ids that look alike, or that mean something to Redis, to URLs, to JavaScript or to us. */
const families = [
  ["ada", "Ada", "ADA", " ada", "ada ", "ada\n", "ada\r\n", "ada\t", "ada\u0000", "a\u200bda", "\u202eada", "аda"],
  ["ada:", "ada:sessions", "ada:events", "ada:server:notes", "mcp:user:ada", "mcp:session:ada", ":", "::", "ada::"],
  ["ada%", "ada%3A", "ada%3Asessions", "ada%253Asessions", "ada%20", "ada+", "%", "%25", "%00", "ada%0A"],
  ["{ada}", "{ada", "ada}", "a{d}a", "{}", "{{ada}}", "{}ada", "ada{}", "mcp:{ada}:user"],
  ["ada.", "ada.notes", ".ada", "..", ".", "ada/notes", "../ada", "ada\\", "ada'", 'ada"', "`ada`", "ada;", "ada,"],
  ["*", "?", "[ada]", "ada*", "a?a", "^ada$", "ada|grace", "(ada)", "ada&user=grace", "ada=grace", "#ada", "@ada"],
  ["é", "e\u0301", "ﬁ", "fi", "Å", "Å", "ß", "ss", "ı", "i", "İ", "I", "ﷺ", "ａｄａ", "ñ", "n\u0303", "ǆ", "dž"],
  ["😀", "😀😀", "👩‍👩‍👧", "👩👩👧", "👍", "👍🏽", "🇩🇪", "🇩 🇪", "❤", "❤️", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"],
  [
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "null",
    "undefined",
    "NaN",
    "[object Object]",
  ],
  ["0", "00", "-0", "-1", "1e3", "1000", "true", "false", '{"v":1}', '{"v":2,', "0-0", "1-0", "$", ">"],
  ["a".repeat(512), `${"a".repeat(511)}b`, "é".repeat(256), `${"é".repeat(255)}è`, "😀".repeat(128)],
];

/** As many different user ids as `count` says. Those beyond the families above are combinations of them. */
export function tenantNames(count: number, random: SeededRandom): string[] {
  const known = families.flat();
  const names = new Set(known);
  const short = known.filter((name) => name.length < 30);
  while (names.size < count) names.add(`${random.pick(short)}${random.pick(short)}`);
  return [...names].slice(0, count);
}

/** Session ids to try for a user who knows another user's. None of them is a session of their own. */
export function guesses(sessionId: string, userId: string): string[] {
  const [head = "", serverId = ""] = sessionId.split(".");
  const encoded = encodeURIComponent(userId);
  return [
    ...["", "*", "?", "__proto__", "constructor", ".", "..", ":", "{}", "\n", "\u0000", "😀"],
    ...[head, `${head}.`, `.${serverId}`, `${sessionId}.`, `${sessionId}:`, `${sessionId}\n`, ` ${sessionId}`],
    ...[sessionId.toUpperCase(), encodeURIComponent(`${sessionId}:`), `${sessionId}%00`, `{${head}}.${serverId}`],
    ...[`${head}.sessions`, `${head}.${serverId}2`, `xxx${sessionId.slice(3)}`, [...sessionId].reverse().join("")],
    ...[`user:${encoded}:sessions`, `../user:${encoded}:events`, `${userId}:${sessionId}`, `${userId}.${serverId}`],
  ];
}
