import type { ComponentProps } from "react";

const look =
  "block min-h-10 w-full rounded-lg border border-control bg-surface px-3 text-sm placeholder:text-muted aria-invalid:border-danger";

/** A text field. */
export function Input({ className = "", ...rest }: ComponentProps<"input">) {
  return <input {...rest} className={`${look} ${className}`} />;
}
