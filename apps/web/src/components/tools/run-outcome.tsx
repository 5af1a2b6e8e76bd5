import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { LoaderCircle } from "lucide-react";
import { ErrorNotice } from "../ui/error-notice";
import { Notice } from "../ui/notice";
import { CallProgress } from "./call-progress";
import { NeedsPermission } from "./needs-permission";
import { ResultPanel } from "./result-panel";
import { type FailedRun, type Run, tookText } from "./run";

interface RunOutcomeProps {
  connection: Connection;
  run: Run;
  toolName: string;
  /** Why no tool can be called right now. */
  obstacle: string | undefined;
  onRepeat: (failed: FailedRun) => void;
}

/** Whether a sign-in would help: one with more permissions, or a new one because the old one has ended. */
const wantsSignIn = ({ error }: FailedRun) =>
  error.code === "SCOPE_REQUIRED" || error.code === "AUTHORIZATION_REQUIRED";

/** The outcome of a call. It takes the focus when a pressed button inside it disappears. */
export function RunOutcome({ connection, run, toolName, obstacle, onRepeat }: RunOutcomeProps) {
  return (
    <section aria-label="Result" tabIndex={-1} aria-busy={run.status === "running"} className="min-w-0 rounded-card">
      {run.status === "none" && (
        <p className="rounded-card border border-dashed px-6 py-12 text-center text-sm text-muted">
          The result will appear here.
        </p>
      )}
      {run.status === "running" && (
        <div className="flex flex-col items-center gap-4 rounded-card border border-dashed px-6 py-12 text-sm text-muted">
          <p className="flex items-center gap-2">
            <LoaderCircle aria-hidden="true" className="size-4 animate-spin motion-reduce:animate-none" />
            Waiting for the server…
          </p>
          {run.progress && <CallProgress progress={run.progress} />}
        </div>
      )}
      {run.status === "answered" && (
        <ResultPanel sessionId={connection.sessionId} result={run.result} took={run.took} toolName={toolName} />
      )}
      {run.status === "failed" && run.error.code === "CANCELLED" && (
        <Notice
          tone="neutral"
          title={`Cancelled after ${tookText(run.took)}`}
          hint="The server may already have done part of it."
        />
      )}
      {run.status === "failed" && wantsSignIn(run) && (
        <NeedsPermission connection={connection} run={run} obstacle={obstacle} onRepeat={() => onRepeat(run)} />
      )}
      {run.status === "failed" && run.error.code !== "CANCELLED" && !wantsSignIn(run) && (
        <ErrorNotice error={run.error} />
      )}
    </section>
  );
}
