/** How many names are compared at most. */
const maxCompared = 1_000;

/** Longer names are compared with no other. */
const maxLength = 128;

/** The name that someone may have meant who wrote another one: at most a few letters are different. */
export function closestName(written: string, names: readonly string[]): string | undefined {
  if (written.length > maxLength) return undefined;
  const wanted = written.toLowerCase();
  let closest: string | undefined;
  let most = Math.min(3, Math.floor(written.length / 3));
  for (const name of names.slice(0, maxCompared)) {
    if (name.length > maxLength || Math.abs(name.length - written.length) > most) continue;
    const distance = distanceOf(wanted, name.toLowerCase());
    if (distance > most || (closest !== undefined && distance === most)) continue;
    closest = name;
    most = distance;
  }
  return closest;
}

/** How many letters have to be added, removed or replaced (Levenshtein distance). */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
