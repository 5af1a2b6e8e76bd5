/** A server's initials as its icon. Its name is always next to it. */
export function ServerIcon({ name }: { name: string }) {
  return (
    <span
      aria-hidden="true"
      className="grid size-10 shrink-0 place-items-center rounded-lg border bg-surface-sunken font-mono text-sm font-medium text-muted"
    >
      {initialsOf(name)}
    </span>
  );
}

/** `Demo notes` → `DN`; `mcp.linear.app` → `ML`; `127.0.0.1:3001` → `1`. */
export function initialsOf(name: string): string {
  const [first = "?", second = ""] = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const initial = (word: string) => [...word][0] ?? "";
  return `${initial(first)}${/^\p{L}/u.test(second) ? initial(second) : ""}`.toUpperCase();
}
