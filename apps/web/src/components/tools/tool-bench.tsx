"use client";

import { useTools } from "@mcp-assistant/mcp-redis/client";
import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { Wrench } from "lucide-react";
import { Bench } from "../bench/bench";
import { BenchSkeleton } from "../bench/bench-skeleton";
import { ItemList } from "../bench/item-list";
import { NothingHere } from "../bench/nothing-here";
import { hrefOf, useChosen } from "../bench/use-chosen";
import { MorePermission } from "../connection/more-permission";
import { useShownConnection } from "../connection/shown-connection";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import { ToolAnnotations, toolTitle } from "./tool-annotations";
import type { ToolDesk } from "./tool-desks";
import { ToolPanel } from "./tool-panel";
import { useToolRuns } from "./use-tool-runs";

/** The tool list and the tool named in the page's address. A narrow screen shows one of the two. */
export function ToolBench() {
  const connection = useShownConnection();
  const { data: tools, error, refetch } = useTools(connection.sessionId);
  const [named, choose] = useChosen("tool");
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
  if (!tools) return <BenchSkeleton label="tools" />;
  if (tools.length === 0) return <NoTools isConnected={connection.state === "CONNECTED"} />;

  const chosen = tools.find(({ name }) => name === named);
  const shown = chosen ?? tools[0];
  const items = tools.map((tool) => ({
    key: tool.name,
    href: hrefOf("tool", tool.name),
    title: toolTitle(tool),
    name: tool.name,
    description: tool.description,
    more: <ToolAnnotations annotations={tool.annotations} />,
  }));

  return (
    <Bench
      list={<ItemList label="Tools" items={items} selected={shown?.name} onSelect={choose} />}
      isChosen={named !== null}
      back="All tools"
      onBack={() => choose(null)}
    >
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
    </Bench>
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
  return isConnected ? (
    <NothingHere Icon={Wrench} title="This server has no tools">
      It is connected, but offers no tools to run.
    </NothingHere>
  ) : (
    <NothingHere Icon={Wrench} title="No tools yet">
      Connect the server to see its tools.
    </NothingHere>
  );
}
