/** Text in a fixed-width font. It scrolls on its own, so the keyboard must be able to reach it (WCAG 2.1.1). */
export function CodeBlock({ text, label }: { text: string; label: string }) {
  return (
    <figure
      // biome-ignore lint/a11y/noNoninteractiveTabindex: see above.
      tabIndex={0}
      aria-label={label}
      className="max-h-96 w-full overflow-auto rounded-lg border bg-surface-sunken p-3"
    >
      <pre className="font-mono text-xs leading-relaxed whitespace-pre-wrap wrap-anywhere">{text}</pre>
    </figure>
  );
}
