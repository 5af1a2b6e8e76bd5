/** `Demo notes` → `DN`; `mcp.linear.app` → `ML`; `127.0.0.1:3001` → `1`. */
export function initialsOf(name: string): string {
  const [first = "?", second = ""] = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const initial = (word: string) => [...word][0] ?? "";
  return `${initial(first)}${/^\p{L}/u.test(second) ? initial(second) : ""}`.toUpperCase();
}
