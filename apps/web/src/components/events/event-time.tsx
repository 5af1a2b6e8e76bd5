const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** When an event happened. Rendered only in the browser, which knows the user's time zone. */
export function EventTime({ at }: { at: string }) {
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()} className="font-mono text-xs text-muted tabular-nums">
      {time.format(new Date(at))}
    </time>
  );
}
