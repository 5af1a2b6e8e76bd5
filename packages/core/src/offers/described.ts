import { shownLine, shownText } from "../tools/shown-text.js";

const [maxTitleLength, maxDescriptionLength] = [200, 8_192];

interface Described {
  title?: string | undefined;
  description?: string | undefined;
}

/** Texts for people without what cannot be seen. A title without visible characters is dropped: the name is shown. */
export function shown({ title, description }: Described): Described {
  const line = title === undefined ? "" : shownLine(title, maxTitleLength);
  return {
    ...(line ? { title: line } : {}),
    ...(description === undefined ? {} : { description: shownText(description, maxDescriptionLength) }),
  };
}

/** The members of a list that can be used, and of each pair with the same key the first one. */
export function distinct<TListed, T>(
  listed: readonly TListed[],
  { parse, keyOf }: { parse: (member: TListed) => T | undefined; keyOf: (member: T) => string },
): { kept: T[]; leftOut: number } {
  const known = new Map<string, T>();
  for (const member of listed) {
    const parsed = parse(member);
    if (parsed !== undefined && !known.has(keyOf(parsed))) known.set(keyOf(parsed), parsed);
  }
  return { kept: [...known.values()], leftOut: listed.length - known.size };
}
