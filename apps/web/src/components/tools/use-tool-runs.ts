"use client";

import { useCallTool } from "@mcp-assistant/mcp-redis/client";
import type { Connection, McpSessionError, ToolInfo } from "@mcp-assistant/mcp-redis/shared";
import { useAnnounce } from "../announcements/announcer";
import { trpc } from "../site/trpc";
import { parseArguments } from "./parse-arguments";
import { announcesNow, type Progress, progressText } from "./progress";
import { type FailedRun, type Run, runAnnouncement } from "./run";
import { toolTitle } from "./tool-annotations";
import { freshDesk, type ToolDesk, useToolDesks } from "./tool-desks";

/** The desks of a connection's tools, and the actions on them. One call runs at a time. */
export function useToolRuns({ sessionId, stateSince }: Connection) {
  const { mutateAsync } = useCallTool(sessionId);
  const { desksOf, change } = useToolDesks();
  const announce = useAnnounce();
  const { resources, prompts } = trpc.useUtils().mcp;
  const desks = desksOf(sessionId);
  const deskOf = (tool: ToolInfo): ToolDesk => desks.get(tool.name) ?? freshDesk(tool);
  const running = [...desks].find(([, { run }]) => run.status === "running")?.[0];

  /** Calls the tool with the text in its editor. Returns false when the text cannot be read as arguments. */
  function call(tool: ToolInfo): boolean {
    const parsed = parseArguments(deskOf(tool).text);
    if ("problem" in parsed) {
      change(sessionId, tool, { problem: parsed.problem });
      return false;
    }
    run(tool, parsed.value);
    return true;
  }

  function run(tool: ToolInfo, args: Record<string, unknown>): void {
    const startedAt = performance.now();
    const took = () => performance.now() - startedAt;
    const aborting = new AbortController();
    const isHeard = announcesNow(() => performance.now());
    const ongoing = { status: "running", startedAt, cancel: () => aborting.abort() } as const;
    // The user may look at another page meanwhile.
    const onProgress = (reported: Progress) => {
      change(sessionId, tool, { run: { ...ongoing, progress: reported } });
      if (isHeard()) announce(`${toolTitle(tool)}: ${progressText(reported)}`);
    };
    const settle = (ended: Run) => {
      change(sessionId, tool, { run: ended });
      announce(`${toolTitle(tool)}: ${runAnnouncement(ended)}`);
      // The call may have changed what is listed, and not every server says so.
      for (const list of [resources.list, resources.templates, prompts.list]) void list.invalidate({ sessionId });
    };
    change(sessionId, tool, { run: ongoing });
    mutateAsync({ name: tool.name, arguments: args, signal: aborting.signal, onProgress }).then(
      (result) => settle({ status: "answered", result, took: took() }),
      (error: McpSessionError) =>
        settle({ status: "failed", error, took: took(), arguments: args, connectedSince: stateSince }),
    );
  }

  return {
    deskOf,
    write: (tool: ToolInfo, text: string) => change(sessionId, tool, { text, problem: null }),
    call,
    /** Calls the tool again with the arguments of a failed call. */
    repeat: (tool: ToolInfo, failed: FailedRun) => run(tool, failed.arguments),
    /** The name of the tool that is running. */
    running,
  };
}
