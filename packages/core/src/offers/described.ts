import { setImmediate as nextTurn } from "node:timers/promises";
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

/** How many members are converted before the event loop gets a turn. */
const membersPerTurn = 250;

/** The members of a list that can be used, and of those with the same key the first one. */
export async function distinct<T>(
  listed: readonly unknown[],
  { parse, keyOf }: { parse: (member: unknown) => T | undefined; keyOf: (member: T) => string },
): Promise<{ kept: T[]; leftOut: number }> {
  const known = new Map<string, T>();
  for (const [at, member] of listed.entries()) {
    if (at % membersPerTurn === membersPerTurn - 1) await nextTurn();
    const parsed = parse(member);
    if (parsed !== undefined && !known.has(keyOf(parsed))) known.set(keyOf(parsed), parsed);
  }
  return { kept: [...known.values()], leftOut: listed.length - known.size };
}
