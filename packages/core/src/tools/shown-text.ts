/**
 * Characters that are invisible but affect a page, a terminal or a model: control characters (NUL, ANSI escapes),
 * format characters (bidirectional overrides, zero-width characters, tags), variation selectors that carry data, lone
 * surrogates and private-use characters.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}]|[\u{e0100}-\u{e01ef}]/gu;
const unseenButLines = /[^\P{Cc}\t\n]|[\p{Cf}\p{Cs}\p{Co}]|[\u{e0100}-\u{e01ef}]/gu;
const lineEnds = /\r\n?|[\u2028\u2029]/g;
/** Combining marks piled up on one character cover the lines around it. */
const piledMarks = /(\p{M}{4})\p{M}+/gu;

/** Printable, on one line, at most 128 characters. */
const shownName = /^(?=.{1,128}$)[\p{L}\p{N}\p{P}\p{S}]+(?: [\p{L}\p{N}\p{P}\p{S}]+)*$/u;

/** Whether a page can show a name unchanged, and so that it is told apart from others. */
export const isShownName = (name: string): boolean => shownName.test(name);

/** Untrusted text made safe to show, on one line of at most `maxLength` UTF-16 code units. */
export function shownLine(text: string, maxLength: number): string {
  const head = cut(text, maxLength * 2);
  const line = head
    .replace(/[\s\u2028\u2029]+/g, " ")
    .replace(unseen, "")
    .replace(piledMarks, "$1");
  return shortened(line.trim(), maxLength);
}

/** Untrusted text made safe to show. Keeps line ends and tabs; at most `maxLength` UTF-16 code units. */
export function shownText(text: string, maxLength: number): string {
  const head = cut(text, maxLength * 2);
  return shortened(head.replace(lineEnds, "\n").replace(unseenButLines, "").replace(piledMarks, "$1"), maxLength);
}

/** Bounds the work: in a huge text, only the beginning is cleaned. */
const cut = (text: string, maxLength: number) => (text.length > maxLength ? text.slice(0, maxLength) : text);

function shortened(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  // Do not leave half of a surrogate pair behind.
  return `${text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
