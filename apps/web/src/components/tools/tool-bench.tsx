"use client";

import { useTools } from "@mcp-assistant/mcp-redis/client";
import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { ArrowLeft, Wrench } from "lucide-react";
import { useSearchParams } from "next/navigation";
import { MorePermission } from "../connection/more-permission";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import type { ToolDesk } from "./tool-desks";
import { ToolList } from "./tool-list";
import { ToolPanel } from "./tool-panel";
import { ToolsSkeleton } from "./tools-skeleton";
import { useToolRuns } from "./use-tool-runs";

/** The tool list and the tool named in the page's address. A narrow screen shows one of the two. */
export function ToolBench({ connection }: { connection: Connection }) {
  const { data: tools, error, refetch } = useTools(connection.sessionId);
  const named = useSearchParams().get("tool");
  const { deskOf, write, call, repeat, running } = useToolRuns(connection);

  if (error) {
    return (
      <>
        <MorePermission connection={connection} />
        <ErrorNotice error={error}>
          <Button onClick={() => refetch()}>Try again</Button>
        </ErrorNotice>
      </>
    );
  }
  if (!tools) return <ToolsSkeleton />;
  if (tools.length === 0) return <NoTools isConnected={connection.state === "CONNECTED"} />;

  const chosen = tools.find(({ name }) => name === named);
  const shown = chosen ?? tools[0];
  const select = (name: string | null) => {
    if (name === named) return;
    window.history.pushState(null, "", name === null ? window.location.pathname : `?tool=${encodeURIComponent(name)}`);
  };

  return (
    <div className="grid gap-6 lg:grid-cols-[15rem_minmax(0,1fr)]">
      <div
        className={`-m-1 p-1 lg:sticky lg:top-20 lg:max-h-[calc(100dvh-6rem)] lg:self-start lg:overflow-y-auto ${named === null ? "" : "hidden lg:block"}`}
      >
        <ToolList tools={tools} selected={shown?.name} onSelect={select} />
      </div>
      <div className={`min-w-0 ${named === null ? "hidden lg:block" : ""}`}>
        <div className="mb-3 lg:hidden">
          <Button variant="quiet" className="-ml-3" onClick={() => select(null)}>
            <ArrowLeft aria-hidden="true" />
            All tools
          </Button>
        </div>
        {named !== null && !chosen && (
          <p className="mb-4 text-sm text-muted wrap-anywhere">
            This server has no tool called “{named}”. {shown && "Showing its first tool instead."}
          </p>
        )}
        {!(shown && saysMorePermission(deskOf(shown))) && (
          <div className="mb-4 empty:hidden">
            <MorePermission connection={connection} />
          </div>
        )}
        {shown && (
          <ToolPanel
            key={shown.name}
            connection={connection}
            tool={shown}
            desk={deskOf(shown)}
            obstacle={obstacleTo(connection, running)}
            onWrite={(text) => write(shown, text)}
            onCall={() => call(shown)}
            onRepeat={(failed) => repeat(shown, failed)}
          />
        )}
      </div>
    </div>
  );
}

/** Whether the outcome of a call already says that a permission is missing, or soon may. */
function saysMorePermission({ run }: ToolDesk): boolean {
  return run.status === "running" || (run.status === "failed" && run.error.code === "SCOPE_REQUIRED");
}

function obstacleTo({ state }: Connection, running: string | undefined): string | undefined {
  if (state !== "CONNECTED") return "Connect the server first.";
  return running === undefined ? undefined : `${running} is still running.`;
}

function NoTools({ isConnected }: { isConnected: boolean }) {
  return (
    <div className="flex flex-col items-center gap-2 rounded-card border border-dashed px-6 py-12 text-center">
      <Wrench aria-hidden="true" className="size-6 text-muted" />
      <h2 className="mt-1 text-lg font-semibold tracking-tight">
        {isConnected ? "This server has no tools" : "No tools yet"}
      </h2>
      <p className="max-w-sm text-sm text-muted">
        {isConnected ? "It is connected, but offers no tools to run." : "Connect the server to see its tools."}
      </p>
    </div>
  );
}
