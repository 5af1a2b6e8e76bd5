/** The product icon: two servers meet in one place. The name is next to it, so screen readers skip the icon. */
export function ProductMark() {
  return (
    <svg viewBox="0 0 32 32" className="size-7" aria-hidden="true">
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <path
        d="M12.5 12.5 16 16l3.5-3.5M16 16v5"
        className="fill-none stroke-on-accent"
        strokeWidth="2.5"
        strokeLinecap="round"
      />
      <g className="fill-on-accent">
        <circle cx="10.5" cy="10.5" r="3" />
        <circle cx="21.5" cy="10.5" r="3" />
        <circle cx="16" cy="23" r="3" />
      </g>
    </svg>
  );
}
