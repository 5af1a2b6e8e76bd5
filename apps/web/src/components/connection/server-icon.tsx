import { initialsOf } from "./initials";

/** Stands in for a server's picture; its name is always beside it. */
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
