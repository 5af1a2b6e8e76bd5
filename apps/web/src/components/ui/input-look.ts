/** The look of a field that text is typed into. */
export const inputLook =
  "block min-h-10 w-full rounded-lg border border-control bg-surface px-3 text-sm placeholder:text-muted aria-invalid:border-danger";
