"use client";

import { useCallTool } from "@mcp-assistant/mcp-redis/client";
import type { McpSessionError, ToolInfo } from "@mcp-assistant/mcp-redis/shared";
import { useState } from "react";
import { argumentsSkeleton } from "./arguments-skeleton";
import { parseArguments } from "./parse-arguments";
import type { Run } from "./run";

/** What the page knows of one tool: what stands in its editor, and what became of its last call. */
export interface ToolDesk {
  text: string;
  /** Why the text cannot be sent. */
  problem: string | null;
  run: Run;
}

const freshDesk = ({ inputSchema }: ToolInfo): ToolDesk => ({
  text: argumentsSkeleton(inputSchema),
  problem: null,
  run: { status: "none" },
});

/** The desks of a connection's tools. Each is as it was left while another one is looked at; one call runs at a time. */
export function useToolRuns(sessionId: string) {
  const { mutateAsync, cancel } = useCallTool(sessionId);
  const [desks, setDesks] = useState<ReadonlyMap<string, ToolDesk>>(new Map());
  const change = (tool: ToolInfo, part: Partial<ToolDesk>) =>
    setDesks((before) => new Map(before).set(tool.name, { ...(before.get(tool.name) ?? freshDesk(tool)), ...part }));
  const deskOf = (tool: ToolInfo) => desks.get(tool.name) ?? freshDesk(tool);
  const running = [...desks].find(([, { run }]) => run.status === "running")?.[0];

  /** Calls the tool with what stands in its editor. Answers false when that is no arguments. */
  function call(tool: ToolInfo): boolean {
    const parsed = parseArguments(deskOf(tool).text);
    if ("problem" in parsed) {
      change(tool, { problem: parsed.problem });
      return false;
    }
    const startedAt = performance.now();
    const took = () => performance.now() - startedAt;
    change(tool, { run: { status: "running", startedAt } });
    mutateAsync({ name: tool.name, arguments: parsed.value }).then(
      (result) => change(tool, { run: { status: "answered", result, took: took() } }),
      (error: McpSessionError) => change(tool, { run: { status: "failed", error, took: took() } }),
    );
    return true;
  }

  return {
    deskOf,
    write: (tool: ToolInfo, text: string) => change(tool, { text, problem: null }),
    call,
    cancel,
    /** The name of the tool that is being called. */
    running,
  };
}
