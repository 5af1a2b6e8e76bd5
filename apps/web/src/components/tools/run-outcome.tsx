import { LoaderCircle } from "lucide-react";
import { ErrorNotice } from "../ui/error-notice";
import { Notice } from "../ui/notice";
import { ResultPanel } from "./result-panel";
import { type Run, tookText } from "./run";

export function RunOutcome({ run, toolName }: { run: Run; toolName: string }) {
  return (
    <section aria-label="Result" aria-busy={run.status === "running"} className="min-w-0">
      {run.status === "none" && (
        <p className="rounded-card border border-dashed px-6 py-12 text-center text-sm text-muted">
          The result appears here.
        </p>
      )}
      {run.status === "running" && (
        <p className="flex items-center justify-center gap-2 rounded-card border border-dashed px-6 py-12 text-sm text-muted">
          <LoaderCircle aria-hidden="true" className="size-4 animate-spin motion-reduce:animate-none" />
          Waiting for the server…
        </p>
      )}
      {run.status === "answered" && <ResultPanel result={run.result} took={run.took} toolName={toolName} />}
      {run.status === "failed" &&
        (run.error.code === "CANCELLED" ? (
          <Notice
            tone="neutral"
            title={`Cancelled after ${tookText(run.took)}`}
            hint="The server may have done a part of it already."
          />
        ) : (
          <ErrorNotice error={run.error} />
        ))}
    </section>
  );
}
