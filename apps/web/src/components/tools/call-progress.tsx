import { type Progress, progressText } from "./progress";

/** How far a running call has come: a bar, and what the server says of it. */
export function CallProgress({ progress }: { progress: Progress }) {
  const { progress: done, total, message } = progress;
  const isKnown = total !== undefined && total > 0;
  return (
    <div className="flex w-full max-w-sm flex-col gap-1.5">
      {/* Without a value, the bar says only that something goes on. */}
      <progress
        aria-label="Progress"
        aria-valuetext={progressText(progress)}
        {...(isKnown ? { value: Math.min(done, total), max: total } : {})}
        className="h-2 w-full appearance-none overflow-hidden rounded-full bg-surface-sunken forced-colors:appearance-auto [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-neutral-soft [&::-webkit-progress-value]:bg-accent indeterminate:animate-pulse motion-reduce:indeterminate:animate-none"
      />
      <p className="flex gap-3 text-[0.8125rem] text-muted">
        <span className="line-clamp-2 min-w-0 flex-1 text-left wrap-anywhere">{message}</span>
        <span className="tabular-nums">{progressText({ progress: done, total })}</span>
      </p>
    </div>
  );
}
