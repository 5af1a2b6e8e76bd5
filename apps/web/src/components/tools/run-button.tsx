"use client";

import { Play } from "lucide-react";
import { Button } from "../ui/button";
import { Elapsed } from "../ui/elapsed";
import type { Run } from "./run";

interface RunButtonProps {
  run: Run;
  /** Why the tool cannot be run right now. */
  obstacle: string | undefined;
}

/** Runs the tool. While it runs, shows the elapsed time and a Cancel button. */
export function RunButton({ run, obstacle }: RunButtonProps) {
  if (run.status === "running") {
    return (
      <div className="flex flex-wrap items-center gap-3">
        <Button
          onClick={(event) => {
            // React reuses this button as the submit button, which keeps the focus. The same click must not submit.
            event.preventDefault();
            run.cancel();
          }}
        >
          Cancel
        </Button>
        <Elapsed doing="Running" since={run.startedAt} />
      </div>
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button type="submit" variant="primary" unavailable={obstacle !== undefined} className="min-h-10 px-5">
        <Play aria-hidden="true" />
        Run
      </Button>
      <span className="text-[0.8125rem] text-muted">
        {obstacle ?? (
          <>
            or <kbd className="rounded border px-1 font-mono text-xs">⌘</kbd> /{" "}
            <kbd className="rounded border px-1 font-mono text-xs">Ctrl</kbd> +{" "}
            <kbd className="rounded border px-1 font-mono text-xs">Enter</kbd>
          </>
        )}
      </span>
    </div>
  );
}
