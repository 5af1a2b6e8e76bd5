/**
 * What a page, a terminal or a model would not show, but act on: control characters (NUL, ANSI escapes), format characters
 * (bidirectional overrides, zero-width ones, tags), variation selectors that carry data, lone surrogates, private use.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}]|[\u{e0100}-\u{e01ef}]/gu;
const unseenButLines = /[^\P{Cc}\t\n]|[\p{Cf}\p{Cs}\p{Co}]|[\u{e0100}-\u{e01ef}]/gu;
const lineEnds = /\r\n?|[\u2028\u2029]/g;
/** Marks that pile up on one character cover the lines around them. */
const piledMarks = /(\p{M}{4})\p{M}+/gu;

/** A stranger's words on one line, of at most `maxLength` UTF-16 code units. */
export function shownLine(text: string, maxLength: number): string {
  const head = cut(text, maxLength * 2);
  const line = head
    .replace(/[\s\u2028\u2029]+/g, " ")
    .replace(unseen, "")
    .replace(piledMarks, "$1");
  return shortened(line.trim(), maxLength);
}

/** A stranger's words, with their line ends and tabs, of at most `maxLength` UTF-16 code units. */
export function shownText(text: string, maxLength: number): string {
  const head = cut(text, maxLength * 2);
  return shortened(head.replace(lineEnds, "\n").replace(unseenButLines, "").replace(piledMarks, "$1"), maxLength);
}

/** What is taken out is not worth more work than what is left. */
const cut = (text: string, maxLength: number) => (text.length > maxLength ? text.slice(0, maxLength) : text);

function shortened(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  // No half of a pair is left behind.
  return `${text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
